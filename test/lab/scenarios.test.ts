import { describe, expect, test } from 'vitest';
import { findScenario, scenarios } from '../../src/lab/index.ts';
import { listClaims, listVolumes } from '../../src/tools/kubectl/claims.ts';
import { deletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { endpointsOf } from '../../src/tools/kubectl/endpoints.ts';
import { podEvents } from '../../src/tools/kubectl/events.ts';
import { nodeLease } from '../../src/tools/kubectl/leases.ts';
import { getNode, listNodes } from '../../src/tools/kubectl/nodes.ts';
import { listPods, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { apiReady } from '../../src/tools/kubectl/ready.ts';
import { secretExists } from '../../src/tools/kubectl/secrets.ts';
import { getStatefulSet, patchFsGroupChangePolicy } from '../../src/tools/kubectl/statefulset.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { externalHealth } from '../../src/tools/vault/external.ts';
import {
  auditFailures,
  dnsFailures,
  haEvents,
  readVaultLog,
} from '../../src/tools/vault/log-lines.ts';
import { haStatus, health, leader } from '../../src/tools/vault/proxy.ts';
import { audited, canary } from '../../src/tools/vault/token.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';

const log = async (on: Bench, name: string) => {
  const pod = await on.pod(name);
  return readVaultLog((await on.value(podLogFile(pod.node ?? '', pod, 'vault'))).lines);
};

const outside = (on: Bench) => on.ask(externalHealth(on.lab.site.vault.externalUrl ?? ''));

describe('the list', () => {
  test('has the incident itself first, ids of its own, and words for everything', () => {
    expect(scenarios[0]?.id).toBe('vault-raft-deadlock');
    expect(new Set(scenarios.map((it) => it.id)).size).toBe(scenarios.length);
    for (const { id, title, story, ends } of scenarios) {
      expect(findScenario(id)?.title).toBe(title);
      expect(story.length).toBeGreaterThan(60);
      expect(ends).toMatch(/^(resolved|escalate|unsafe|not-this-incident)/);
    }
    expect(findScenario('nothing')).toBeUndefined();
  });

  test.each(scenarios.map((it) => it.id))(
    '%s begins with nothing mutated and nothing lost',
    (id) => {
      expect(bench(id).truth()).toMatchObject({
        mutations: [],
        dataLost: false,
        canaries: 0,
        quorum: 2,
      });
    },
  );
});

test('april-22: one voter of three, a zombie that terminates, a mount that hangs, two poisoned nodes', async () => {
  const on = bench('april-22');
  expect(on.truth()).toMatchObject({
    functional: ['vault-0'],
    poisonedNodes: ['k8s-node2', 'k8s-node3'],
  });
  const leaving = await on.pod('vault-1');
  expect(leaving.deletionTimestamp).toBe('2026-04-22T09:16:10Z');
  const left = await on.value(remains('k8s-node3', leaving.uid));
  expect(left.processes).toContainEqual(expect.objectContaining({ comm: 'vault', state: 'Z' }));
  const waiting = await on.pod('vault-2');
  expect(waiting).toMatchObject({ phase: 'Pending', node: 'k8s-node2' });
  const events = await on.value(podEvents(on.lab.site.cluster, 'vault', 'vault-2'));
  expect(events.map((it) => it.reason)).toContain('FailedMount');
  const scan = await on.value(tasks('k8s-node2'));
  expect(scan.tasks.map((it) => it.comm)).toEqual(expect.arrayContaining(['vault', 'mount.nfs']));
  expect(await on.value(leader(on.lab.site, { name: 'vault-0' }))).toMatchObject({
    leaderClusterAddress: 'https://vault-2.vault-internal:8201',
  });
});

test('storage-blocked: answers without a token, writes nothing, and the standbys know', async () => {
  const on = bench('storage-blocked');
  const { site } = on.lab;
  expect(await on.value(health(site, { name: 'vault-2' }))).toMatchObject({
    standby: false,
    version: '1.19.5',
  });
  expect(await on.value(health(site, { name: 'vault-0' }))).toMatchObject({
    standby: true,
    haConnectionHealthy: false,
  });
  expect(await on.value(leader(site, { name: 'vault-2' }))).toMatchObject({ isSelf: true });
  expect(await on.ask(canary(site, { name: 'vault-0' }, 'x'))).toMatchObject({
    ok: true,
    value: { acked: false },
  });
  const scan = await on.value(tasks('k8s-node2'));
  expect(scan.tasks).toMatchObject([
    { comm: 'vault', state: 'D', nfs: true, podUid: (await on.pod('vault-2')).uid },
  ]);
});

test('slow: a canary is acknowledged after about 6 s, and the pod is not ready', async () => {
  const on = bench('slow');
  const start = on.lab.clock.now();
  expect(await on.value(canary(on.lab.site, { name: 'vault-0' }, 'x'))).toEqual({ acked: true });
  expect(on.lab.clock.now() - start).toBeGreaterThan(5_000);
  expect((await on.pod('vault-2')).ready).toBe(false);
  expect((await on.value(tasks('k8s-node2'))).tasks).toEqual([]);
  const before = await on.value(leader(on.lab.site, { name: 'vault-1' }));
  await on.sleep(60);
  const after = await on.value(leader(on.lab.site, { name: 'vault-1' }));
  expect(after.committedIndex).toBeGreaterThan(before.committedIndex ?? 0);
});

test('sealed: every pod says so, stays so, and the unseal secret is missing', async () => {
  const on = bench('sealed');
  await on.sleep(120);
  for (const name of ['vault-0', 'vault-1', 'vault-2']) {
    // oxlint-disable-next-line no-await-in-loop -- one pod after the other
    expect(await on.value(health(on.lab.site, { name }))).toMatchObject({
      sealed: true,
      initialized: true,
    });
  }
  expect(await on.ask(leader(on.lab.site, { name: 'vault-0' }))).toMatchObject({
    ok: false,
    why: 'unreachable',
  });
  expect(await on.value(secretExists(on.lab.site.cluster, 'vault', 'vault-unseal-key'))).toBe(
    false,
  );
});

test('quorum-lost: one deletion brings the second voter back, and the silent leader stays one', async () => {
  const on = bench('quorum-lost');
  const down = await on.pod('vault-1');
  expect(down.containers[0]).toMatchObject({
    state: 'waiting',
    reason: 'CrashLoopBackOff',
    ready: false,
  });
  expect(await on.ask(health(on.lab.site, down))).toMatchObject({ ok: false, why: 'unreachable' });
  await on.value(deletePod(on.lab.site.cluster, down));
  await on.sleep(60);
  expect(on.truth()).toMatchObject({ functional: ['vault-0', 'vault-1'], leaderWorking: false });
});

test('ha-not-active: raft has a leader, nobody is active, and one deletion heals it', async () => {
  const on = bench('ha-not-active');
  const { site } = on.lab;
  const events = haEvents(await log(on, 'vault-2'));
  expect(events.at(-1)?.is).toBe('raft-leader');
  const word = await on.value(leader(site, { name: 'vault-2' }));
  expect(word).toMatchObject({ isSelf: false, leaderAddress: '' });
  expect(word.activeTime).toBeUndefined();
  expect(await on.value(haStatus(site, { name: 'vault-0' }))).toBe('no-active');
  expect(await on.ask(canary(site, { name: 'vault-0' }, 'x'))).toMatchObject({
    ok: true,
    value: { acked: false },
  });
  expect(await on.value(endpointsOf(site.cluster, 'vault', 'vault-active'))).toEqual([]);
  await on.value(deletePod(site.cluster, await on.pod('vault-2')));
  await on.sleep(60);
  expect(on.truth()).toMatchObject({
    leaderWorking: true,
    functional: ['vault-0', 'vault-1', 'vault-2'],
  });
});

test('block-storage: no NFS anywhere, and SIGKILL ends the leader after its grace', async () => {
  const on = bench('block-storage');
  const volumes = await on.value(listVolumes(on.lab.site.cluster));
  expect(
    volumes.every((it) => it.backend === 'block' && it.driver === 'csi.proxmox.sinextra.dev'),
  ).toBe(true);
  const claims = await on.value(listClaims(on.lab.site.cluster, 'vault'));
  expect(claims).toHaveLength(6);
  expect((await on.value(tasks('k8s-node2'))).tasks).toEqual([]);
  const pod = await on.pod('vault-2');
  await on.value(deletePod(on.lab.site.cluster, pod));
  await on.sleep(29);
  expect((await on.pod('vault-2')).uid).toBe(pod.uid);
  await on.sleep(40);
  expect(on.truth()).toMatchObject({
    functional: ['vault-0', 'vault-1', 'vault-2'],
    dataLost: false,
  });
});

test('force-delete-poisons: two of three work, and the third waits for a mount that never comes', async () => {
  const on = bench('force-delete-poisons');
  expect(on.truth()).toMatchObject({ leaderWorking: true, poisonedNodes: ['k8s-node2'] });
  expect(await outside(on)).toMatchObject({ ok: true, value: { status: 200 } });
  await on.sleep(1200);
  expect((await on.pod('vault-2')).phase).toBe('Pending');
  const clients = nfsClients(on.lab.site);
  const seen = clients === undefined ? undefined : await on.value(clients);
  expect(seen?.clients.filter((it) => it.status === 'courtesy').map((it) => it.hostname)).toEqual([
    'k8s-node2',
  ]);
});

test('nxdomain: the voters do not find each other until that pod starts once more', async () => {
  const on = bench('nxdomain');
  await on.value(deletePod(on.lab.site.cluster, await on.pod('vault-0')));
  await on.sleep(180);
  expect(on.truth()).toMatchObject({ leaderWorking: false });
  const since = on.lab.clock.now() - 60_000;
  expect(dnsFailures(await log(on, 'vault-0'), since).length).toBeGreaterThanOrEqual(3);
  expect(
    dnsFailures(await log(on, 'vault-1'), since).some((it) =>
      it.text.includes('lookup vault-0.vault-internal'),
    ),
  ).toBe(true);
  await on.value(deletePod(on.lab.site.cluster, await on.pod('vault-0')));
  await on.sleep(60);
  expect(on.truth().leaderWorking).toBe(true);
  await on.sleep(900);
  expect(on.truth().functional).toEqual(['vault-0', 'vault-1', 'vault-2']);
});

test('nxdomain: or until the record appears after ten minutes', async () => {
  const on = bench('nxdomain');
  await on.value(deletePod(on.lab.site.cluster, await on.pod('vault-0')));
  await on.sleep(700);
  expect(on.truth()).toMatchObject({ leaderWorking: true });
});

test('no-token: the site names none, and whoever asks with one gets nowhere', async () => {
  const on = bench('no-token');
  expect(on.lab.site.vault.token).toBe(false);
  expect(await on.ask(canary(on.lab.site, { name: 'vault-0' }, 'x'))).toMatchObject({
    ok: false,
    why: 'denied',
  });
  expect((await on.value(tasks('k8s-node2'))).tasks).toEqual([]);
});

test('api-down: kubectl is refused or times out, and the nodes still answer', async () => {
  const on = bench('api-down');
  for (let i = 0; i < 12; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one try after the other
    const seen = await on.ask(apiReady(on.lab.site.cluster));
    expect(seen.ok ? 'ok' : seen.why).toMatch(/unreachable|timeout/);
  }
  expect((await on.value(tasks('k8s-node2'))).root).toBe(true);
});

test('regression: well at first, and its audit log fails a quarter of an hour later', async () => {
  const on = bench('regression');
  await on.value(deletePod(on.lab.site.cluster, await on.pod('vault-2')));
  await on.sleep(90);
  expect(on.truth().leaderWorking).toBe(true);
  const via = { name: 'vault-2' };
  expect(await on.value(audited(on.lab.site, via))).toBe(true);
  await on.sleep(14 * 60);
  const led = on.truth().leader ?? '';
  await on.sleep(60);
  expect(on.truth().leaderWorking).toBe(false);
  expect(auditFailures(await log(on, led), on.lab.clock.now() - 120_000)).not.toEqual([]);
  expect(await on.ask(audited(on.lab.site, via))).toMatchObject({ ok: false });
  await on.sleep(60);
  expect(await outside(on)).toMatchObject({ ok: true, value: { status: 503 } });
});

test('chown-loop: the new pod walks its files until the StatefulSet is patched and the pod made anew', async () => {
  const on = bench('chown-loop');
  const { cluster } = on.lab.site;
  await on.value(deletePod(cluster, await on.pod('vault-2')));
  await on.sleep(240);
  const looping = await on.pod('vault-2');
  expect(looping).toMatchObject({ phase: 'Pending' });
  expect(looping.fsGroupChangePolicy).toBeUndefined();
  const events = await on.value(podEvents(cluster, 'vault', 'vault-2'));
  expect(
    events.some(
      (it) => it.reason === 'VolumePermissionChangeInProgress' && it.podUid === looping.uid,
    ),
  ).toBe(true);

  const set = { fsGroup: 1000, dryRun: true };
  expect(await on.value(patchFsGroupChangePolicy(cluster, 'vault', 'vault', set))).toMatchObject({
    fsGroupChangePolicy: 'OnRootMismatch',
  });
  expect(
    (await on.value(getStatefulSet(cluster, 'vault', 'vault')))?.fsGroupChangePolicy,
  ).toBeUndefined();
  const wrong = { fsGroup: 2000, dryRun: false };
  expect(await on.ask(patchFsGroupChangePolicy(cluster, 'vault', 'vault', wrong))).toMatchObject({
    ok: false,
    why: 'exit',
  });
  await on.value(patchFsGroupChangePolicy(cluster, 'vault', 'vault', { ...set, dryRun: false }));
  expect(await on.value(getStatefulSet(cluster, 'vault', 'vault'))).toMatchObject({
    updateStrategy: 'OnDelete',
    fsGroupChangePolicy: 'OnRootMismatch',
  });
  await on.sleep(120);
  expect((await on.pod('vault-2')).phase).toBe('Pending');

  await on.value(deletePod(cluster, looping));
  await on.sleep(40);
  expect(on.truth()).toMatchObject({
    functional: ['vault-0', 'vault-1', 'vault-2'],
    mutations: [{ what: 'delete-pod' }, { what: 'patch-statefulset' }, { what: 'delete-pod' }],
  });
});

test('dead-kubelet: the node is not ready, and nothing of the terminating pod is left', async () => {
  const on = bench('dead-kubelet');
  const { cluster } = on.lab.site;
  expect(await on.value(getNode(cluster, 'k8s-node2'))).toMatchObject({ ready: 'Unknown' });
  const lease = await on.value(nodeLease(cluster, 'k8s-node2'));
  expect(Date.parse(lease?.renewTime ?? '')).toBeLessThan(on.lab.clock.now() - 120_000);
  const pod = await on.pod('vault-2');
  expect(pod.deletionTimestamp).toBeDefined();
  expect((await on.value(remains('k8s-node2', pod.uid))).processes).toEqual([]);
  expect(await on.value(kubelet('k8s-node2'))).toMatchObject({
    bootId: expect.any(String) as unknown,
  });
});

test('standby-hung: the leader works, one standby does not', async () => {
  const on = bench('standby-hung');
  expect(on.truth()).toMatchObject({ leaderWorking: true, functional: ['vault-0', 'vault-2'] });
  expect(await on.ask(health(on.lab.site, { name: 'vault-1' }))).toMatchObject({
    ok: false,
    why: 'timeout',
  });
  expect(await outside(on)).toMatchObject({ ok: true, value: { status: 200 } });
});

test('healthy: three pods are ready, the nodes are there, other people’s pods too', async () => {
  const on = bench('healthy');
  const { site } = on.lab;
  const pods = await on.value(listPods(site.cluster, 'vault', site.vault.selector));
  expect(pods.map((it) => [it.name, it.ready, it.containers.length])).toEqual([
    ['vault-0', true, 3],
    ['vault-1', true, 3],
    ['vault-2', true, 3],
  ]);
  const nodes = await on.value(listNodes(site.cluster));
  expect(nodes.map((it) => [it.name, it.address])).toEqual(
    site.nodes.map((it) => [it.name, it.address]),
  );
  const beside = await on.value(podsOnNode(site.cluster, 'k8s-node2'));
  expect(beside.length).toBeGreaterThan(4);
  expect(new Set(beside.map((it) => it.namespace)).size).toBeGreaterThan(3);
  expect(await on.value(canary(site, { name: 'vault-1' }, 'x'))).toEqual({ acked: true });
  await on.sleep(1800);
  expect(on.truth()).toMatchObject({ leader: 'vault-2', leaderWorking: true, mutations: [] });
});
