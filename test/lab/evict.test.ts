import { describe, expect, test } from 'vitest';
import { listAttachments } from '../../src/tools/kubectl/attachments.ts';
import { covers, listAllBudgets } from '../../src/tools/kubectl/budgets.ts';
import { listAllClaims, listVolumes } from '../../src/tools/kubectl/claims.ts';
import { setUnschedulable } from '../../src/tools/kubectl/cordon.ts';
import { listCsiNodes } from '../../src/tools/kubectl/csi-nodes.ts';
import { evictPod } from '../../src/tools/kubectl/evict.ts';
import { getNode } from '../../src/tools/kubectl/nodes.ts';
import { listAllPods, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import type { Pod } from '../../src/tools/kubectl/pods.ts';
import { listWorkloads } from '../../src/tools/kubectl/workloads.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';
import { benchOf } from './nfs-bench.ts';

/** Cordons and evictions, and what they ask and leave (COMMANDS D.4, E). */

async function podOf(on: Bench, app: string, node = 'k8s-node2'): Promise<Pod> {
  const pods = await on.value(podsOnNode(on.lab.site.cluster, node));
  const pod = pods.find((it) => it.labels['app'] === app && it.deletionTimestamp === undefined);
  if (pod === undefined) throw new Error(`no pod of ${app} on ${node}`);
  return pod;
}

const evict = (on: Bench, pod: Pod) => on.value(evictPod(on.lab.site.cluster, pod));

const node = async (on: Bench, name = 'k8s-node2') => {
  const found = await on.value(getNode(on.lab.site.cluster, name));
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
};

describe('a cordon', () => {
  test('of the node that was seen is read back, and taken back', async () => {
    const on = benchOf();
    const seen = await node(on);
    const { cluster } = on.lab.site;
    expect(await on.value(setUnschedulable(cluster, seen, true))).toMatchObject({
      unschedulable: true,
    });
    expect(on.truth().cordoned).toEqual(['k8s-node2']);
    await on.value(setUnschedulable(cluster, seen, false));
    expect(on.truth().mutations.map((it) => it.what)).toEqual(['cordon', 'uncordon']);
    expect(on.truth().cordoned).toEqual([]);
  });

  test('of another UID does nothing', async () => {
    const on = benchOf();
    const other = { name: 'k8s-node2', uid: '11111111-2222-4333-8444-555555555555' };
    expect(await on.ask(setUnschedulable(on.lab.site.cluster, other, true))).toMatchObject({
      ok: false,
    });
    expect((await node(on)).unschedulable).toBe(false);
    expect(on.truth().mutations).toEqual([]);
  });
});

describe('an eviction', () => {
  test('of a pod on a disk moves it, disk and all, to another node', async () => {
    const on = bench('kernel-nfs-reset');
    const { cluster } = on.lab.site;
    await on.value(setUnschedulable(cluster, await node(on), true));
    const pod = await podOf(on, 'redis-node');
    expect(await evict(on, pod)).toBe('accepted');
    await on.sleep(40);
    const moved = (await on.value(listAllPods(cluster))).find((it) => it.name === pod.name);
    expect(moved?.uid).not.toBe(pod.uid);
    expect(moved?.node).not.toBe('k8s-node2');
    expect(moved?.ready).toBe(true);
    const claims = await on.value(listAllClaims(cluster));
    const volume = claims.find((it) => it.namespace === 'redis' && it.name === `data-${pod.name}`);
    const attached = await on.value(listAttachments(cluster));
    expect(
      attached.filter((it) => it.volume === volume?.volume).map((it) => [it.node, it.attached]),
    ).toEqual([[moved?.node, true]]);
  });

  test('of a pod of a Deployment starts another one elsewhere', async () => {
    const on = bench('kernel-nfs-reset');
    await on.value(setUnschedulable(on.lab.site.cluster, await node(on), true));
    const pod = await podOf(on, 'traefik');
    expect(await evict(on, pod)).toBe('accepted');
    await on.sleep(20);
    const all = (await on.value(listAllPods(on.lab.site.cluster))).filter(
      (it) => it.labels['app'] === 'traefik',
    );
    expect(all.map((it) => it.ready)).toEqual([true, true, true]);
    expect(all.map((it) => it.node)).not.toContain('k8s-node2');
  });

  test('is refused by a budget in the words of the API server, and nothing happens', async () => {
    const on = bench('budget-blocks-drain');
    const pod = await podOf(on, 'traefik');
    const budgets = await on.value(listAllBudgets(on.lab.site.cluster));
    expect(
      budgets.filter((it) => covers(it, pod)).map((it) => [it.name, it.disruptionsAllowed]),
    ).toEqual([['traefik', 0]]);
    const out = await on.perform(evictPod(on.lab.site.cluster, pod));
    expect(out.stderr).toBe(
      "Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget.\n",
    );
    expect(await evict(on, pod)).toBe('blocked-by-budget');
    expect(on.truth().mutations).toEqual([]);
  });

  test('of a second voter of Vault is refused while the first is missing', async () => {
    const on = benchOf();
    const [one, two] = [await on.pod('vault-0'), await on.pod('vault-1')];
    expect(await evict(on, one)).toBe('accepted');
    expect(await evict(on, two)).toBe('blocked-by-budget');
    await on.sleep(90);
    expect(await evict(on, two)).toBe('accepted');
  });

  test('hits nobody but the pod that was seen', async () => {
    const on = benchOf();
    const pod = await podOf(on, 'redis-node');
    const other = { ...pod, uid: '11111111-2222-4333-8444-555555555555' };
    expect(await evict(on, other)).toBe('already-replaced');
    expect(await evict(on, { ...pod, name: 'redis-node-9' })).toBe('gone');
    expect(on.truth().mutations).toEqual([]);
  });

  test('of a pod whose share is dead is accepted, and it does not go', async () => {
    const on = bench('kernel-nfs-reset');
    const pod = await podOf(on, 'grafana');
    expect(await evict(on, pod)).toBe('accepted');
    await on.sleep(600);
    const pods = await on.value(podsOnNode(on.lab.site.cluster, 'k8s-node2'));
    expect(pods.find((it) => it.uid === pod.uid)?.deletionTimestamp).toBeDefined();
  });

  test('under a dead kubelet is accepted, and it does not go either', async () => {
    const on = bench('kubelet-dead');
    const pod = await podOf(on, 'redis-node');
    expect(await evict(on, pod)).toBe('accepted');
    await on.sleep(300);
    const pods = await on.value(podsOnNode(on.lab.site.cluster, 'k8s-node2'));
    expect(pods.find((it) => it.uid === pod.uid)?.deletionTimestamp).toBeDefined();
  });
});

test('a pod that can run on one node alone waits for it while that is cordoned', async () => {
  const on = benchOf();
  const { cluster } = on.lab.site;
  const seen = await node(on, 'k8s-node1');
  await on.value(setUnschedulable(cluster, seen, true));
  expect(await evict(on, await podOf(on, 'frigate', 'k8s-node1'))).toBe('accepted');
  await on.sleep(60);
  const frigate = async () =>
    (await on.value(listAllPods(cluster))).find((it) => it.labels['app'] === 'frigate');
  expect(await frigate()).toMatchObject({ phase: 'Pending' });
  expect((await frigate())?.node).toBeUndefined();
  await on.value(setUnschedulable(cluster, seen, false));
  await on.sleep(30);
  expect(await frigate()).toMatchObject({ phase: 'Running', node: 'k8s-node1', ready: true });
});

describe('the lists', () => {
  test('of what keeps pods alive know single replicas and their Deployments', async () => {
    const on = benchOf();
    const { cluster } = on.lab.site;
    const sets = await on.value(listWorkloads(cluster, 'replicasets'));
    const grafana = sets.find((it) => it.namespace === 'monitoring');
    expect(grafana).toMatchObject({
      replicas: 1,
      ready: 1,
      owner: { kind: 'Deployment', name: 'grafana' },
    });
    const deployments = await on.value(listWorkloads(cluster, 'deployments'));
    expect(deployments.find((it) => it.name === 'traefik')).toMatchObject({
      replicas: 3,
      ready: 3,
    });
    const stateful = await on.value(listWorkloads(cluster, 'statefulsets'));
    expect(stateful.map((it) => it.name)).toEqual(
      expect.arrayContaining(['vault', 'redis-node', 'mysql-standalone']),
    );
  });

  test('of volumes and claims fit together, across namespaces', async () => {
    const on = benchOf();
    const { cluster } = on.lab.site;
    const [claims, volumes] = [
      await on.value(listAllClaims(cluster)),
      await on.value(listVolumes(cluster)),
    ];
    expect(new Set(claims.map((it) => it.namespace)).size).toBeGreaterThan(4);
    expect(claims.every((it) => volumes.some(({ name }) => name === it.volume))).toBe(true);
    expect(new Set(volumes.map((it) => it.backend))).toEqual(new Set(['nfs', 'block']));
  });

  test('of the drivers count the disks that a node takes', async () => {
    const on = benchOf();
    const nodes = await on.value(listCsiNodes(on.lab.site.cluster));
    const drivers = nodes.find((it) => it.name === 'k8s-node2')?.drivers ?? [];
    expect(drivers.find((it) => it.name === 'csi.proxmox.sinextra.dev')?.allocatable).toBe(28);
    expect(drivers.map((it) => it.name)).toContain('nfs.csi.k8s.io');
  });
});
