import { describe, expect, test } from 'vitest';
import { orphanOf } from '../../src/tools/csi/orphans.ts';
import { portsOf } from '../../src/tools/csi/ports.ts';
import { deletePod, forceDeletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { failedMounts } from '../../src/tools/kubectl/events.ts';
import { podLogs } from '../../src/tools/kubectl/logs.ts';
import { listAllPods } from '../../src/tools/kubectl/pods.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import { removeSandbox, stopSandbox } from '../../src/tools/node/sandbox.ts';
import { bench } from './bench.ts';
import { agentOn, agentsOf, contested, registered, sandboxOf, waiting } from './csi-bench.ts';

const NODE = 'k8s-node3';
const PORT = 29_653;

/** The orphan of the scenario with one of it, from the port's holder to its sandbox. */
async function theOrphan() {
  const on = bench('orphan-sandbox');
  const owner = await on.value(portOwner(NODE, PORT));
  const holder = owner.holders[0];
  if (holder?.podUid === undefined) throw new Error('nobody holds the port');
  return { on, owner, holder, sandbox: await sandboxOf(on, NODE, holder.podUid) };
}

describe('a driver whose port somebody else has', () => {
  test('crash-loops, says which port in its last words, and its restarts grow', async () => {
    const on = bench('orphan-sandbox');
    const pod = await agentOn(on, 'driver', NODE);
    expect(pod).toMatchObject({ phase: 'Running', ready: false, hostNetwork: true });
    expect(portsOf(pod)).toEqual([
      { container: 'liveness-probe', port: PORT },
      { container: 'node-driver-registrar', port: 19_809 },
    ]);
    const probe = pod.containers.find((it) => it.name === 'liveness-probe');
    expect(probe).toMatchObject({
      state: 'waiting',
      reason: 'CrashLoopBackOff',
      ready: false,
      restarts: 19,
      lastTermination: {
        exitCode: 1,
        reason: 'Error',
        message: 'listen tcp 127.0.0.1:29653: bind: address already in use',
      },
    });
    expect(pod.containers.find((it) => it.name === 'nfs')).toMatchObject({ ready: true });
    expect(await contested(on, NODE)).toEqual({ port: PORT, from: 'termination message' });
    await on.sleep(600);
    const later = await agentOn(on, 'driver', NODE);
    expect(later.uid).toBe(pod.uid);
    expect(later.containers[0]?.restarts).toBe(21);
  });

  test('writes it into its log, over kubectl and on the node', async () => {
    const on = bench('orphan-sandbox');
    const pod = await agentOn(on, 'driver', NODE);
    const lines = await on.value(podLogs(on.lab.site.cluster, pod, 'liveness-probe', 20));
    expect(lines.at(-1)).toMatch(
      /^2026-04-22T09:16:\S+Z F0422 \S+ +1 main.go:179\] .*bind: address already in use$/,
    );
    const file = await on.value(podLogFile(NODE, pod, 'node-driver-registrar'));
    expect(file.lines.at(-1)).toContain('listen tcp 127.0.0.1:19809: bind: address already in use');
  });

  test('is not registered, and pods that come there fail at once, again and again', async () => {
    const on = bench('orphan-sandbox');
    expect(await registered(on, NODE)).toMatchObject({ is: 'not' });
    expect(await registered(on, 'k8s-node2')).toEqual({ is: 'registered' });
    const before = await on.value(failedMounts(on.lab.site.cluster));
    expect(before).toHaveLength(4);
    for (const event of before) {
      expect(event).toMatchObject({
        kind: 'not-registered',
        driver: 'nfs.csi.k8s.io',
        host: NODE,
      });
      expect(event.count).toBeGreaterThan(30);
    }
    await on.sleep(300);
    const after = await on.value(failedMounts(on.lab.site.cluster));
    expect(
      after.map((it) => it.count > (before.find((b) => b.pod === it.pod)?.count ?? 0)),
    ).toEqual([true, true, true, true]);
    expect(await waiting(on)).toHaveLength(4);
    // What is mounted goes on: Vault's own pod on that node is well.
    expect(await on.pod('vault-1')).toMatchObject({ node: NODE, ready: true });
  });
});

describe('the holder of the port', () => {
  test('is a process of a pod that the API does not know, in a sandbox that crictl lists', async () => {
    const { on, owner, holder, sandbox } = await theOrphan();
    expect(owner.listeners).toEqual([
      { protocol: 'tcp', address: '127.0.0.1', inode: expect.any(Number) as unknown },
    ]);
    expect(holder).toMatchObject({ comm: 'livenessprobe', state: 'S', shown: true });
    const pods = await on.value(listAllPods(on.lab.site.cluster));
    expect(orphanOf(sandbox.podUid, pods)).toBe('orphan');
    expect(sandbox).toMatchObject({ namespace: 'nfs-csi', ready: true });
    const seen = await on.value(sandboxes(NODE));
    const inside = seen.containers.filter((it) => it.sandbox === sandbox.id);
    expect(inside.map((it) => [it.name, it.state])).toEqual([
      ['liveness-probe', 'running'],
      ['node-driver-registrar', 'running'],
      ['nfs', 'running'],
    ]);
    expect(inside.map((it) => it.id)).toContain(holder.containerId);
    const left = await on.value(remains(NODE, sandbox.podUid));
    expect(left.processes.map((it) => it.comm)).toEqual([
      'livenessprobe',
      'csi-node-driver',
      'nfsplugin',
    ]);
  });

  test('is the pod itself where all is well, and nobody on a port that nobody wants', async () => {
    const on = bench('csi-healthy');
    const pod = await agentOn(on, 'driver', 'k8s-node2');
    const { holders } = await on.value(portOwner('k8s-node2', PORT));
    expect(holders.map((it) => it.podUid)).toEqual([pod.uid]);
    expect(await on.value(portOwner('k8s-node2', 29_652))).toMatchObject({
      root: true,
      listeners: [],
      holders: [],
    });
    const both = await on.value(portOwner('k8s-node2', 7946));
    expect(both.listeners.map((it) => it.protocol)).toEqual(['tcp', 'udp']);
    expect(both.holders.map((it) => [it.protocol, it.comm])).toEqual([
      ['tcp', 'speaker'],
      ['udp', 'speaker'],
    ]);
  });

  test('a zombie with a thread in D: no owner that ss shows, and crictl cannot end it', async () => {
    const on = bench('port-zombie');
    const { listeners, holders } = await on.value(portOwner('k8s-node4', PORT));
    expect(listeners).toHaveLength(1);
    expect(holders).toMatchObject([
      { comm: 'livenessprobe', state: 'Z', threads: 2, shown: false },
    ]);
    expect(holders[0]?.tid).not.toBe(holders[0]?.pid);
    const sandbox = await sandboxOf(on, 'k8s-node4', holders[0]?.podUid ?? '');
    expect(await on.ask(stopSandbox('k8s-node4', sandbox))).toMatchObject({
      ok: false,
      why: 'exit',
    });
    await on.sleep(900);
    expect((await on.value(portOwner('k8s-node4', PORT))).holders).toHaveLength(1);
    expect(await registered(on, 'k8s-node4')).toMatchObject({ is: 'not' });
  });
});

describe('an orphan sandbox', () => {
  test('is refused to be removed while it runs', async () => {
    const { on, sandbox } = await theOrphan();
    expect(await on.ask(removeSandbox(NODE, sandbox))).toMatchObject({
      ok: false,
      why: 'exit',
      says: `pod sandbox "${sandbox.id}" is running, please stop it first`,
    });
    expect(on.truth()).toMatchObject({ mutations: [], wrongSandbox: [] });
  });

  test('stopped and removed frees the port; deleting the pod brings the driver back at once', async () => {
    const { on, sandbox } = await theOrphan();
    expect(await on.value(stopSandbox(NODE, sandbox))).toBe('done');
    expect((await on.value(portOwner(NODE, PORT))).listeners).toEqual([]);
    expect((await on.value(portOwner(NODE, 19_809))).listeners).toEqual([]);
    expect(await on.value(removeSandbox(NODE, sandbox))).toBe('done');
    expect(await on.value(removeSandbox(NODE, sandbox))).toBe('gone');
    const before = await agentOn(on, 'driver', NODE);
    await on.value(deletePod(on.lab.site.cluster, before));
    await on.sleep(45);
    const after = await agentOn(on, 'driver', NODE);
    expect(after.uid).not.toBe(before.uid);
    expect(after).toMatchObject({ ready: true });
    expect(after.containers.every((it) => it.restarts === 0)).toBe(true);
    expect(await registered(on, NODE)).toEqual({ is: 'registered' });
    await on.sleep(130);
    expect(await waiting(on)).toEqual([]);
    expect(on.truth()).toMatchObject({
      wrongSandbox: [],
      mutations: [{ what: 'stop-sandbox' }, { what: 'remove-sandbox' }, { what: 'delete-pod' }],
    });
  });

  test('stopped alone, the driver comes back when kubelet tries again, five minutes later at most', async () => {
    const { on, sandbox } = await theOrphan();
    await on.value(stopSandbox(NODE, sandbox));
    await on.sleep(310);
    expect(await registered(on, NODE)).toEqual({ is: 'registered' });
    expect((await agentOn(on, 'driver', NODE)).containers[0]).toMatchObject({
      ready: true,
      restarts: 19,
    });
  });

  test('still there, a new pod crash-loops as the old one did', async () => {
    const { on } = await theOrphan();
    await on.value(deletePod(on.lab.site.cluster, await agentOn(on, 'driver', NODE)));
    await on.sleep(60);
    const next = await agentOn(on, 'driver', NODE);
    expect(next.ready).toBe(false);
    expect(next.containers[0]?.restarts).toBeGreaterThan(0);
    expect(await contested(on, NODE)).toMatchObject({ port: PORT });
  });

  test('with another pod’s UID is left alone', async () => {
    const { on, sandbox } = await theOrphan();
    const other = { ...sandbox, podUid: '11111111-2222-4333-8444-555555555555' };
    expect(await on.value(stopSandbox(NODE, other))).toBe('other');
    expect(on.truth().mutations).toEqual([]);
  });

  test('that cannot be signalled is refused, and stays', async () => {
    const on = bench('undead-sandbox');
    const { holders } = await on.value(portOwner('k8s-node2', PORT));
    const sandbox = await sandboxOf(on, 'k8s-node2', holders[0]?.podUid ?? '');
    expect(await on.ask(stopSandbox('k8s-node2', sandbox))).toMatchObject({
      ok: false,
      why: 'exit',
      says: expect.stringContaining('unable to signal init: permission denied') as unknown,
    });
    expect((await on.value(portOwner('k8s-node2', PORT))).holders).toEqual(holders);
    expect(on.truth().mutations).toEqual([]);
  });
});

describe('a sandbox that lives', () => {
  test('of a static pod goes by the hash of its file: not an orphan, and stopping it shows', async () => {
    const on = bench('csi-healthy');
    const seen = await on.value(sandboxes('k8s-master'));
    const etcd = seen.sandboxes.find((it) => it.name === 'etcd-k8s-master');
    const pods = await on.value(listAllPods(on.lab.site.cluster));
    const mirror = pods.find((it) => it.name === 'etcd-k8s-master');
    expect(mirror).toMatchObject({ mirror: true, configHash: etcd?.podUid });
    expect(mirror?.uid).not.toBe(etcd?.podUid);
    expect(seen.sandboxes.map((it) => orphanOf(it.podUid, pods))).not.toContain('orphan');
    if (etcd === undefined) throw new Error('no sandbox of etcd');
    await on.value(stopSandbox('k8s-master', etcd));
    expect(on.truth().wrongSandbox).toEqual(['kube-system/etcd-k8s-master on k8s-master']);
  });

  test('of Vault takes its process with it', async () => {
    const on = bench('csi-healthy');
    const pod = await on.pod('vault-0');
    await on.value(stopSandbox('k8s-node4', await sandboxOf(on, 'k8s-node4', pod.uid)));
    await on.sleep(1);
    expect(on.truth()).toMatchObject({
      wrongSandbox: ['vault/vault-0 on k8s-node4'],
      functional: ['vault-1', 'vault-2'],
    });
    await on.sleep(40);
    expect(await sandboxOf(on, 'k8s-node4', pod.uid)).toMatchObject({ attempt: 1, ready: true });
    expect(on.truth().functional).toEqual(['vault-0', 'vault-1', 'vault-2']);
  });
});

test('a driver’s pod that is forced leaves the next orphan behind', async () => {
  const on = bench('csi-healthy');
  const pod = await agentOn(on, 'driver', 'k8s-node1');
  await on.value(forceDeletePod(on.lab.site.cluster, pod));
  await on.sleep(60);
  expect((await agentsOf(on, 'driver')).some((it) => it.uid === pod.uid)).toBe(false);
  expect(await contested(on, 'k8s-node1')).toMatchObject({ port: PORT });
  const { holders } = await on.value(portOwner('k8s-node1', PORT));
  expect(holders.map((it) => it.podUid)).toEqual([pod.uid]);
  expect(await sandboxOf(on, 'k8s-node1', pod.uid)).toMatchObject({ ready: true });
});
