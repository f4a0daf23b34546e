import { describe, expect, test } from 'vitest';
import { deletePod, forceDeletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { getPod } from '../../src/tools/kubectl/pods.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { killTask } from '../../src/tools/node/kill-task.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';

const remove = async (on: Bench, name: string, grace?: number) => {
  const pod = await on.pod(name);
  return { pod, answer: await on.value(deletePod(on.lab.site.cluster, pod, grace)) };
};

describe('a delete pinned to a UID', () => {
  test('of the pod that was seen is accepted, and names when its grace ends', async () => {
    const on = bench('healthy');
    const { answer } = await remove(on, 'vault-1');
    expect(answer).toEqual({
      is: 'accepted',
      deletionTimestamp: expect.stringMatching(/^2026-04-22T09:20:3/) as unknown,
    });
    expect(on.truth().mutations).toMatchObject([{ what: 'delete-pod' }]);
  });

  test('of another UID is a conflict, and nothing happens', async () => {
    const on = bench('healthy');
    const pod = await on.pod('vault-1');
    const other = { ...pod, uid: '11111111-2222-4333-8444-555555555555' };
    const out = await on.perform(deletePod(on.lab.site.cluster, other));
    expect(out.ending).toEqual({ how: 'exited', code: 1 });
    expect(out.stderr).toBe(
      `Error from server (Conflict): Operation cannot be fulfilled on Pod "vault-1": the UID in the precondition (${other.uid}) does not match the UID in record (${pod.uid}). The object might have been deleted and then recreated\n`,
    );
    expect(await on.value(deletePod(on.lab.site.cluster, other))).toEqual({
      is: 'already-replaced',
    });
    expect(on.truth().mutations).toEqual([]);
    expect((await on.pod('vault-1')).deletionTimestamp).toBeUndefined();
  });

  test('of a pod that is not there is gone', async () => {
    const on = bench('healthy');
    const pod = {
      namespace: 'vault',
      name: 'vault-7',
      uid: '11111111-2222-4333-8444-555555555555',
    };
    expect(await on.value(deletePod(on.lab.site.cluster, pod))).toEqual({ is: 'gone' });
  });

  test('a second time does not hit the replacement', async () => {
    const on = bench('vault-raft-deadlock');
    const { pod } = await remove(on, 'vault-2');
    await on.sleep(60);
    expect(await on.value(deletePod(on.lab.site.cluster, pod))).toEqual({ is: 'already-replaced' });
    expect(on.truth().mutations).toHaveLength(1);
  });
});

describe('a graceful end', () => {
  test('the stuck leader goes after about 20 s, and comes back unsealed as a follower', async () => {
    const on = bench('vault-raft-deadlock');
    const { pod } = await remove(on, 'vault-2');
    await on.sleep(15);
    expect((await on.pod('vault-2')).uid).toBe(pod.uid);
    await on.sleep(12);
    const next = await on.value(getPod(on.lab.site.cluster, pod));
    expect(next?.uid).not.toBe(pod.uid);
    await on.sleep(40);
    const back = await on.pod('vault-2');
    expect(back.ready).toBe(true);
    expect(back.fsGroupChangePolicy).toBe('OnRootMismatch');
    expect(on.truth()).toMatchObject({
      functional: ['vault-0', 'vault-1', 'vault-2'],
      leaderWorking: true,
      dataLost: false,
      poisonedNodes: [],
    });
  });

  test('a healthy pod ends a second after its preStop hook', async () => {
    const on = bench('healthy');
    const { pod } = await remove(on, 'vault-0');
    await on.sleep(12);
    expect((await on.value(getPod(on.lab.site.cluster, pod)))?.uid).not.toBe(pod.uid);
  });

  test('a thread that no signal frees keeps the pod terminating for ever', async () => {
    const on = bench('zombie-terminating');
    const { pod } = await remove(on, 'vault-2');
    await on.sleep(1800);
    const still = await on.pod('vault-2');
    expect(still).toMatchObject({ uid: pod.uid, deletionTimestamp: expect.any(String) as unknown });
    const left = await on.value(remains('k8s-node2', pod.uid));
    expect(left.processes).toContainEqual(
      expect.objectContaining({ comm: 'vault', state: 'Z', threads: 2 }),
    );
    const held = (await on.value(tasks('k8s-node2'))).tasks.filter(
      (task) => task.podUid === pod.uid,
    );
    expect(held.map((task) => [task.state, task.wchan, task.killable])).toEqual([
      ['Z', '0', 'no'],
      ['D', 'folio_wait_bit_common', 'no'],
    ]);
    expect(on.truth()).toMatchObject({ leaderWorking: true, functional: ['vault-0', 'vault-1'] });
  });

  test('killing the abandoned mount lets it go, and only with the start time that was seen', async () => {
    const on = bench('stuck-terminating');
    const { pod } = await remove(on, 'vault-2');
    await on.sleep(90);
    expect((await on.pod('vault-2')).uid).toBe(pod.uid);
    const scan = await on.value(tasks('k8s-node2'));
    const mount = scan.tasks.find((task) => task.comm === 'mount.nfs');
    if (mount === undefined) throw new Error('no mount.nfs');
    expect(mount).toMatchObject({ state: 'D', wchan: 'rpc_wait_bit_killable', killable: 'yes' });
    expect(mount.ageSeconds).toBeGreaterThan(120);
    const other = { ...mount, startTicks: mount.startTicks + 1 };
    expect(await on.value(killTask('k8s-node2', other))).toBe('other');
    expect(await on.value(killTask('k8s-node2', mount))).toBe('sent');
    await on.sleep(40);
    expect((await on.pod('vault-2')).uid).not.toBe(pod.uid);
    expect(on.truth()).toMatchObject({
      poisonedNodes: [],
      functional: ['vault-0', 'vault-1', 'vault-2'],
    });
  });
});

describe('a delete by force', () => {
  test('takes the object at once, leaves a zombie, and poisons the node for NFS', async () => {
    const on = bench('vault-raft-deadlock');
    const pod = await on.pod('vault-2');
    await on.value(forceDeletePod(on.lab.site.cluster, pod));
    await on.sleep(5);
    const left = await on.value(remains('k8s-node2', pod.uid));
    expect(left.processes).toContainEqual(expect.objectContaining({ comm: 'vault', state: 'Z' }));
    expect(left.mounts).not.toEqual([]);
    expect(on.truth()).toMatchObject({
      poisonedNodes: ['k8s-node2'],
      mutations: [{ what: 'force-delete-pod' }],
    });
    const clients = nfsClients(on.lab.site);
    const seen = clients === undefined ? undefined : await on.value(clients);
    expect(seen?.clients.find((it) => it.hostname === 'k8s-node2')?.status).toBe('courtesy');
  });

  test('of a pod without any process is harmless', async () => {
    const on = bench('dead-kubelet');
    const pod = await on.pod('vault-2');
    const left = await on.value(remains('k8s-node2', pod.uid));
    expect(left.processes).toEqual([]);
    await on.value(forceDeletePod(on.lab.site.cluster, pod));
    await on.sleep(60);
    expect(on.truth()).toMatchObject({
      poisonedNodes: [],
      dataLost: false,
      functional: ['vault-0', 'vault-1', 'vault-2'],
    });
    expect((await on.pod('vault-2')).node).not.toBe('k8s-node2');
  });

  test('of a stuck process on a block volume ends with two writers', async () => {
    const on = bench('block-storage');
    const world = on.lab.world;
    const stuck = {
      ...world,
      nodes: world.nodes.map((node) => ({
        ...node,
        processes: node.processes.map((process) =>
          process.comm === 'vault' && node.name === 'k8s-node2'
            ? {
                ...process,
                stuck: {
                  tid: process.pid + 7,
                  wchan: 'io_schedule',
                  until: { it: 'never' as const },
                },
              }
            : process,
        ),
      })),
    };
    const held = bench('block-storage', 1, stuck);
    await held.value(forceDeletePod(held.lab.site.cluster, await held.pod('vault-2')));
    await held.sleep(500);
    expect(held.truth()).toMatchObject({ dataLost: true, poisonedNodes: [] });
  });
});
