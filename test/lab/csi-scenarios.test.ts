import { describe, expect, test } from 'vitest';
import { scenarios } from '../../src/lab/index.ts';
import { getDaemonSet } from '../../src/tools/kubectl/daemon-sets.ts';
import { deletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { failedMounts } from '../../src/tools/kubectl/events.ts';
import { podLogs } from '../../src/tools/kubectl/logs.ts';
import type { Pod } from '../../src/tools/kubectl/pods.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { stopSandbox } from '../../src/tools/node/sandbox.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { bench } from './bench.ts';
import {
  agentOn,
  agentsOf,
  contested,
  orphansOn,
  registered,
  registeredNodes,
  waiting,
} from './csi-bench.ts';

const looping = (pods: readonly Pod[]) =>
  pods.filter((it) => it.containers.some((c) => c.reason === 'CrashLoopBackOff'));

test('the runbook’s default has its id, and every one of its scenarios runs for an hour by itself', async () => {
  const own = scenarios.filter((it) => it.runbook === 'nfs-csi-recovery');
  expect(own[0]?.id).toBe('nfs-csi-recovery');
  for (const { id } of own) {
    const on = bench(id);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await on.sleep(3600);
    expect(on.truth()).toMatchObject({ mutations: [], wrongSandbox: [], dataLost: false });
  }
});

describe('nfs-csi-recovery', () => {
  test('four of five drivers, both controllers and three of four speakers crash-loop', async () => {
    const on = bench('nfs-csi-recovery');
    const { cluster } = on.lab.site;
    expect(await registeredNodes(on)).toEqual(['k8s-master']);
    expect(await on.value(getDaemonSet(cluster, 'nfs-csi', 'csi-nfs-node'))).toMatchObject({
      desired: 5,
      ready: 1,
    });
    const drivers = looping(await agentsOf(on, 'driver'));
    expect(drivers).toHaveLength(4);
    expect(drivers.every((it) => (it.containers[0]?.restarts ?? 0) >= 96)).toBe(true);
    expect(looping(await agentsOf(on, 'controller'))).toHaveLength(2);
    expect(looping(await agentsOf(on, 'speaker'))).toHaveLength(3);
    expect((await agentsOf(on, 'network')).every((it) => it.ready)).toBe(true);
  });

  test('there are orphans on four nodes, none on the master, and one driver only waits', async () => {
    const on = bench('nfs-csi-recovery');
    const found = await Promise.all(
      on.lab.site.nodes.map(async ({ name }) =>
        (await orphansOn(on, name)).map((it) => `${it.namespace}/${it.name.slice(0, 18)}`),
      ),
    );
    expect(found.map((it) => it.length)).toEqual([0, 3, 2, 2, 2]);
    expect(found[4]).toContain('vault/vault-1');
    expect(await contested(on, 'k8s-node3')).toMatchObject({ port: 29_653 });
    expect((await on.value(portOwner('k8s-node3', 29_653))).listeners).toEqual([]);
    const speaker = await agentOn(on, 'speaker', 'k8s-node1');
    expect(speaker.containers[0]?.lastTermination?.message).toMatch(
      /failed to start TCP listener on "10\.0\.20\.101" port 7946/,
    );
  });

  test('forty-four pods of twenty-two namespaces wait, and three of them need a push', async () => {
    const on = bench('nfs-csi-recovery');
    const pods = await waiting(on);
    expect(pods).toHaveLength(44);
    expect(new Set(pods.map((it) => it.namespace)).size).toBe(22);
    const events = await on.value(failedMounts(on.lab.site.cluster));
    expect(new Set(events.map((it) => it.podUid))).toEqual(
      new Set(pods.filter((it) => events.some((e) => e.podUid === it.uid)).map((it) => it.uid)),
    );
    expect(events.length).toBeGreaterThanOrEqual(40);
    expect(events.every((it) => it.kind === 'not-registered')).toBe(true);
  });

  test('one node after the other, it comes back', async () => {
    const on = bench('nfs-csi-recovery');
    const { cluster } = on.lab.site;
    for (const node of ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4']) {
      /* oxlint-disable no-await-in-loop -- one node after the other */
      for (const sandbox of await orphansOn(on, node)) {
        await on.value(stopSandbox(node, sandbox));
      }
      const pod = await agentOn(on, 'driver', node);
      if (!pod.ready) await on.value(deletePod(cluster, pod));
      await on.sleep(45);
      expect(await registered(on, node)).toEqual({ is: 'registered' });
      /* oxlint-enable no-await-in-loop */
    }
    await on.sleep(310);
    expect((await agentsOf(on, 'controller')).every((it) => it.ready)).toBe(true);
    expect((await agentsOf(on, 'speaker')).every((it) => it.ready)).toBe(true);
    expect(on.truth().functional).toEqual(['vault-0', 'vault-1', 'vault-2']);
    const left = await waiting(on);
    expect(left).toHaveLength(3);
    for (const pod of left) {
      // oxlint-disable-next-line no-await-in-loop
      await on.value(deletePod(cluster, pod));
    }
    await on.sleep(60);
    expect(await waiting(on)).toEqual([]);
    expect(on.truth()).toMatchObject({ wrongSandbox: [], dataLost: false });
  });

  test('a controller that is deleted comes up on a worker where the port is free', async () => {
    const on = bench('nfs-csi-recovery');
    const old = await agentOn(on, 'controller', 'k8s-node3');
    await on.value(deletePod(on.lab.site.cluster, old));
    await on.sleep(60);
    const now = await agentsOf(on, 'controller');
    expect(now).toHaveLength(2);
    expect(new Set(now.map((it) => it.node)).size).toBe(2);
    expect(now.map((it) => it.node)).not.toContain('k8s-master');
  });
});

describe('the others', () => {
  test('colocated-controllers: a pod that the API knows has the port, and nothing helps', async () => {
    const on = bench('colocated-controllers');
    const pods = await agentsOf(on, 'controller');
    expect(pods.map((it) => it.node)).toEqual(['k8s-master', 'k8s-master']);
    const [up] = pods.filter((it) => it.ready);
    const { holders } = await on.value(portOwner('k8s-master', 29_652));
    expect(holders.map((it) => it.podUid)).toEqual([up?.uid]);
    expect(await registeredNodes(on)).toHaveLength(5);
    const [down] = pods.filter((it) => !it.ready);
    if (down === undefined) throw new Error('both are up');
    await on.value(deletePod(on.lab.site.cluster, down));
    await on.sleep(60);
    const after = await agentsOf(on, 'controller');
    expect(after.map((it) => it.node)).toEqual(['k8s-master', 'k8s-master']);
    expect(after.filter((it) => it.ready)).toHaveLength(1);
  });

  test('calico-broken: no port is taken; a new Calico pod, and the driver comes back', async () => {
    const on = bench('calico-broken');
    const node = 'k8s-node2';
    expect(await registered(on, node)).toMatchObject({ is: 'not' });
    expect(await contested(on, node)).toBeUndefined();
    const pod = await agentOn(on, 'driver', node);
    const log = await on.value(podLogs(on.lab.site.cluster, pod, 'nfs', 20));
    expect(log.at(-1)).toMatch(/10\.96\.0\.1:443: connect: no route to host/);
    const network = await agentOn(on, 'network', node);
    expect(network).toMatchObject({ ready: false });
    expect(network.containers[0]?.lastTermination?.message).toContain('BIRD is not ready');
    await on.value(deletePod(on.lab.site.cluster, pod));
    await on.sleep(60);
    expect(await registered(on, node)).toMatchObject({ is: 'not' });
    await on.value(deletePod(on.lab.site.cluster, network));
    await on.sleep(30);
    expect((await agentOn(on, 'network', node)).ready).toBe(true);
    await on.sleep(90);
    expect(await registered(on, node)).toEqual({ is: 'registered' });
  });

  test('registered-hangs: registered everywhere, and a mount.nfs holds one node up', async () => {
    const on = bench('registered-hangs');
    expect(await registeredNodes(on)).toHaveLength(5);
    const events = await on.value(failedMounts(on.lab.site.cluster));
    expect(events.length).toBeGreaterThan(0);
    expect(events.every((it) => it.kind === 'deadline' && it.host === 'k8s-node3')).toBe(true);
    const scan = await on.value(tasks('k8s-node3'));
    expect(scan.tasks.some((it) => it.comm === 'mount.nfs' && it.ageSeconds > 3000)).toBe(true);
    expect(on.truth().poisonedNodes).toEqual(['k8s-node3']);
  });

  test('registered-hangs: a new pod of the driver takes the abandoned mount with it', async () => {
    const on = bench('registered-hangs');
    const pod = await agentOn(on, 'driver', 'k8s-node3');
    await on.value(deletePod(on.lab.site.cluster, pod));
    await on.sleep(60);
    expect(await registered(on, 'k8s-node3')).toEqual({ is: 'registered' });
    expect((await on.value(tasks('k8s-node3'))).tasks).toEqual([]);
    await on.sleep(130);
    expect(await waiting(on)).toEqual([]);
    expect(on.truth().poisonedNodes).toEqual([]);
  });

  test('port-free: nobody has the port, and one deletion heals', async () => {
    const on = bench('port-free');
    const node = 'k8s-node1';
    expect(await contested(on, node)).toMatchObject({ port: 29_653 });
    expect((await on.value(portOwner(node, 29_653))).listeners).toEqual([]);
    expect(await registered(on, node)).toMatchObject({ is: 'not' });
    await on.value(deletePod(on.lab.site.cluster, await agentOn(on, 'driver', node)));
    await on.sleep(45);
    expect(await registered(on, node)).toEqual({ is: 'registered' });
  });

  test('csi-server-down: mounts are refused where the driver is registered', async () => {
    const on = bench('csi-server-down');
    expect(await registeredNodes(on)).toHaveLength(4);
    const events = await on.value(failedMounts(on.lab.site.cluster));
    expect(new Set(events.map((it) => it.kind))).toEqual(new Set(['not-registered', 'other']));
    expect(events.some((it) => /mount\.nfs: mount system call failed/.test(it.message))).toBe(true);
  });

  test('csi-healthy: nothing to see', async () => {
    const on = bench('csi-healthy');
    expect(await registeredNodes(on)).toHaveLength(5);
    expect(await on.value(failedMounts(on.lab.site.cluster))).toEqual([]);
    expect(await waiting(on)).toEqual([]);
    const seen = await Promise.all(on.lab.site.nodes.map(({ name }) => orphansOn(on, name)));
    expect(seen.flat()).toEqual([]);
  });
});
