import { describe, expect, test } from 'vitest';
import { nodeLease } from '../../src/tools/kubectl/leases.ts';
import { getNode } from '../../src/tools/kubectl/nodes.ts';
import { podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { deadHolders } from '../../src/tools/node/poisoner.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { restartUnit } from '../../src/tools/node/restart-unit.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { unit } from '../../src/tools/node/unit.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';
import { benchOf, mountOn } from './nfs-bench.ts';

/** A node's kubelet and what a restart makes of it (COMMANDS B.3; DOMAIN 2.0). */

const restart = async (on: Bench, node: string, name: 'kubelet' | 'containerd' = 'kubelet') =>
  on.value(restartUnit(node, name, (await on.value(unit(node, name))).mainPid));

const ready = async (on: Bench, node: string) =>
  (await on.value(getNode(on.lab.site.cluster, node)))?.ready;

const leaseAge = async (on: Bench, node: string): Promise<number> => {
  const lease = await on.value(nodeLease(on.lab.site.cluster, node));
  return on.lab.clock.now() - Date.parse(lease?.renewTime ?? '');
};

describe('a restart of the kubelet', () => {
  test('on a well node gives another main process within seconds, and leaves the pods alone', async () => {
    const on = benchOf();
    const before = await on.value(unit('k8s-node3', 'kubelet'));
    const pods = await on.value(podsOnNode(on.lab.site.cluster, 'k8s-node3'));
    expect(await restart(on, 'k8s-node3')).toBe('asked');
    expect(await on.value(kubelet('k8s-node3'))).toMatchObject({
      healthz: { is: 'refused' },
      processes: [],
    });
    await on.sleep(10);
    const after = await on.value(unit('k8s-node3', 'kubelet'));
    expect(after).toMatchObject({ active: 'active', sub: 'running' });
    expect(after.mainPid).not.toBe(before.mainPid);
    expect(after.startedUs).toBeGreaterThan(before.startedUs ?? 0);
    expect(await leaseAge(on, 'k8s-node3')).toBeLessThan(12_000);
    expect(await on.value(podsOnNode(on.lab.site.cluster, 'k8s-node3'))).toEqual(
      pods.map((pod) => expect.objectContaining({ uid: pod.uid, ready: pod.ready }) as unknown),
    );
    expect(on.truth().mutations.map((it) => it.what)).toEqual(['restart-kubelet']);
  });

  test('of another main process than was seen does nothing', async () => {
    const on = benchOf();
    expect(await on.value(restartUnit('k8s-node3', 'kubelet', 99))).toBe('other');
    expect(on.truth().mutations).toEqual([]);
  });

  test('heals one that is silent, where nothing is in D and no zombie is there', async () => {
    const on = bench('kubelet-stale');
    expect(await ready(on, 'k8s-node3')).toBe('Unknown');
    expect(await leaseAge(on, 'k8s-node3')).toBeGreaterThan(400_000);
    expect((await on.value(tasks('k8s-node3'))).tasks).toEqual([]);
    expect(await mountOn(on, 'default', 'k8s-node3')).toMatchObject({ is: 'mounted' });
    expect(await on.value(kubelet('k8s-node3'))).toMatchObject({
      unit: { active: 'active', sub: 'running' },
      healthz: { is: 'silent' },
    });
    await restart(on, 'k8s-node3');
    await on.sleep(12);
    expect(await on.value(kubelet('k8s-node3'))).toMatchObject({
      healthz: { is: 'status', status: 200 },
    });
    expect(await ready(on, 'k8s-node3')).toBe('True');
  });

  test('beside a task in D makes it a zombie that holds its port, and the node goes', async () => {
    const on = bench('kernel-nfs-reset');
    await restart(on, 'k8s-node2');
    await on.sleep(20);
    expect(await ready(on, 'k8s-node2')).toBe('True');
    await on.sleep(30);
    expect(await ready(on, 'k8s-node2')).toBe('Unknown');
    expect(await on.value(kubelet('k8s-node2'))).toMatchObject({
      unit: { active: 'deactivating', sub: 'final-sigkill' },
      healthz: { is: 'silent' },
      processes: [{ state: 'Z', threads: 2 }],
    });
    const dead = deadHolders((await on.value(tasks('k8s-node2'))).tasks);
    expect(dead.map((it) => it.leader.comm).toSorted()).toEqual(['kubelet', 'python3']);
    const { holders } = await on.value(portOwner('k8s-node2', 10_248));
    expect(holders).toMatchObject([{ comm: 'kubelet', state: 'Z', shown: false }]);
    await restart(on, 'k8s-node2');
    await on.sleep(60);
    expect(await ready(on, 'k8s-node2')).toBe('Unknown');
  });
});

test('containerd gets another main process as well', async () => {
  const on = benchOf();
  const before = await on.value(unit('k8s-node3', 'containerd'));
  expect(await restart(on, 'k8s-node3', 'containerd')).toBe('asked');
  const after = await on.value(unit('k8s-node3', 'containerd'));
  expect(after.mainPid).not.toBe(before.mainPid);
  expect(on.truth().mutations.map((it) => it.what)).toEqual(['restart-containerd']);
});

test('kubelet-dead: it was a zombie before anybody came', async () => {
  const on = bench('kubelet-dead');
  expect(await ready(on, 'k8s-node2')).toBe('Unknown');
  expect(await on.value(kubelet('k8s-node2'))).toMatchObject({
    unit: { sub: 'final-sigkill' },
    processes: [{ state: 'Z', threads: 2 }],
  });
});
