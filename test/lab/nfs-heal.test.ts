import { describe, expect, test } from 'vitest';
import { deletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { failedMounts } from '../../src/tools/kubectl/events.ts';
import { listPods } from '../../src/tools/kubectl/pods.ts';
import { detachMount } from '../../src/tools/node/detach-mount.ts';
import { killTask } from '../../src/tools/node/kill-task.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { deadHolders, initiatesClient, killOrder } from '../../src/tools/node/poisoner.ts';
import { removeDirectory } from '../../src/tools/node/remove-directory.ts';
import { task as taskOf } from '../../src/tools/node/task.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import type { Task } from '../../src/tools/node/tasks.ts';
import type { Bench } from './bench.ts';
import { bench } from './bench.ts';
import { mountOn, serverWith } from './nfs-bench.ts';

/** What is stuck, who can be killed, in which order, and what heals by itself (COMMANDS B.2, B.7; REALITY 4b to 4e). */

const scan = async (on: Bench, node: string): Promise<readonly Task[]> =>
  (await on.value(tasks(node))).tasks;

const mounts = (found: readonly Task[]): readonly Task[] =>
  found.filter((task) => task.comm === 'mount.nfs');

const kill = async (on: Bench, node: string, task: Task | undefined): Promise<void> => {
  if (task === undefined) throw new Error('nothing to kill');
  expect(await on.value(killTask(node, task))).toBe('sent');
  await on.sleep(1);
};

const running = async (on: Bench, app: string): Promise<readonly boolean[]> =>
  (await on.value(listPods(on.lab.site.cluster, app, `app=${app}`))).map((pod) => pod.ready);

describe('abandoned-mount', () => {
  test('is known by its stack, and by its stack alone', async () => {
    const on = bench('abandoned-mount');
    const found = mounts(await scan(on, 'k8s-node4'));
    expect(found).toHaveLength(3);
    const [poisoner, ...waiters] = killOrder(found);
    expect(found.filter(initiatesClient)).toEqual([poisoner]);
    expect(poisoner?.stack).toContain('nfs4_run_exchange_id');
    expect(poisoner?.ageSeconds).toBeGreaterThan(2_300);
    expect(waiters.map((it) => it.wchan)).toEqual([
      'nfs_wait_client_init_complete',
      'nfs_wait_client_init_complete',
    ]);
  });

  test('one SIGKILL to it heals the node, and the waiting pods come up', async () => {
    const on = bench('abandoned-mount');
    expect(await mountOn(on, 'default', 'k8s-node4')).toMatchObject({ is: 'busy' });
    await kill(on, 'k8s-node4', killOrder(await scan(on, 'k8s-node4'))[0]);
    await on.sleep(10);
    expect(mounts(await scan(on, 'k8s-node4'))).toEqual([]);
    expect(await mountOn(on, 'default', 'k8s-node4')).toMatchObject({ is: 'mounted' });
    expect(await running(on, 'immich')).toEqual([true]);
    expect(on.truth()).toMatchObject({ poisonedNodes: [], killed: [] });
  });

  test('killing who waits behind it frees nobody', async () => {
    const on = bench('abandoned-mount');
    await kill(on, 'k8s-node4', killOrder(await scan(on, 'k8s-node4')).at(-1));
    await on.sleep(5);
    expect(mounts(await scan(on, 'k8s-node4'))).toHaveLength(2);
    expect(on.truth().poisonedNodes).toEqual(['k8s-node4']);
  });

  test('a new driver pod ends it as well: it is in its control group', async () => {
    const on = bench('abandoned-mount');
    const { cluster, csi } = on.lab.site;
    const pods = await on.value(listPods(cluster, csi.namespace, csi.nodeSelector));
    const driver = pods.find((pod) => pod.node === 'k8s-node4');
    if (driver === undefined) throw new Error('no driver');
    await on.value(deletePod(cluster, driver));
    await on.sleep(60);
    expect(on.truth().poisonedNodes).toEqual([]);
    expect(await mountOn(on, 'default', 'k8s-node4')).toMatchObject({ is: 'mounted' });
  });

  test('pods say on which node, and why, they wait', async () => {
    const on = bench('abandoned-mount');
    const failed = await on.value(failedMounts(on.lab.site.cluster));
    expect(failed.map((it) => [it.host, it.kind])).toEqual([
      ['k8s-node4', 'deadline'],
      ['k8s-node4', 'deadline'],
    ]);
  });
});

describe('stuck-mounts', () => {
  test('the order is the holder, then the queue; the mutex is in nobody’s order', async () => {
    const on = bench('stuck-mounts');
    const found = mounts(await scan(on, 'k8s-node3'));
    expect(found.map((it) => `${it.wchan}: ${it.killable}`).toSorted()).toEqual([
      'nfs4_discover_server_trunking: no',
      'nfs_wait_client_init_complete: yes',
      'rpc_wait_bit_killable: yes',
    ]);
    expect(killOrder(found).map((it) => it.wchan)).toEqual([
      'rpc_wait_bit_killable',
      'nfs_wait_client_init_complete',
    ]);
  });

  test('SIGKILL to the one behind the mutex stays pending until the holder is gone', async () => {
    const on = bench('stuck-mounts');
    const found = mounts(await scan(on, 'k8s-node3'));
    const behind = found.find((it) => it.wchan === 'nfs4_discover_server_trunking');
    await kill(on, 'k8s-node3', behind);
    await on.sleep(600);
    const still = mounts(await scan(on, 'k8s-node3')).find((it) => it.pid === behind?.pid);
    expect(still).toMatchObject({ state: 'D', wchan: 'nfs4_discover_server_trunking' });
    await kill(on, 'k8s-node3', killOrder(await scan(on, 'k8s-node3'))[0]);
    await on.sleep(5);
    const left = mounts(await scan(on, 'k8s-node3'));
    expect(left.map((it) => it.pid)).not.toContain(behind?.pid);
  });

  test('killed in order, all go free, and the wedged client comes back', async () => {
    const on = bench('stuck-mounts');
    await kill(on, 'k8s-node3', killOrder(await scan(on, 'k8s-node3'))[0]);
    await on.sleep(4);
    // The one in the queue went on, to the client that is wedged.
    const [next, ...none] = mounts(await scan(on, 'k8s-node3'));
    expect(none).toEqual([]);
    expect(next).toMatchObject({ wchan: 'rpc_wait_bit_killable' });
    expect(next === undefined || initiatesClient(next)).toBe(false);
    await kill(on, 'k8s-node3', next);
    await on.sleep(8);
    expect(await scan(on, 'k8s-node3')).toEqual([]);
    expect(await mountOn(on, 'default', 'k8s-node3')).toMatchObject({ is: 'mounted' });
    await on.sleep(180);
    expect(await running(on, 'immich')).toEqual([true]);
    expect(on.truth()).toMatchObject({ poisonedNodes: [], killed: [] });
  });
});

describe('a wedge', () => {
  test('that heals is over within a lease, and its applications go on', async () => {
    const on = bench('wedge-heals');
    expect(await mountOn(on, '4.1', 'k8s-node3')).toMatchObject({ is: 'mounted' });
    expect(await mountOn(on, 'default', 'k8s-node3')).toMatchObject({ is: 'hung' });
    expect((await scan(on, 'k8s-node3')).map((it) => it.comm)).toEqual(['apache2']);
    await on.sleep(90);
    expect(await mountOn(on, 'default', 'k8s-node3')).toMatchObject({ is: 'mounted' });
    expect(await scan(on, 'k8s-node3')).toEqual([]);
  });

  test('under a zombie with a thread in D does not, whatever is killed', async () => {
    const on = bench('kernel-nfs-reset');
    const found = await scan(on, 'k8s-node2');
    expect(deadHolders(found).map((it) => it.leader.comm)).toEqual(['python3']);
    await Promise.all(killOrder(found).map((task) => kill(on, 'k8s-node2', task)));
    await on.value(
      killTask('k8s-node2', deadHolders(found)[0]?.leader ?? { pid: 2, startTicks: 0, comm: '' }),
    );
    await on.sleep(30);
    expect(await mountOn(on, 'default', 'k8s-node2')).toMatchObject({ is: 'hung' });
    expect(await mountOn(on, '4.1', 'k8s-node2')).toMatchObject({ is: 'mounted' });
    await on.sleep(1_800);
    expect(deadHolders(await scan(on, 'k8s-node2'))).toHaveLength(1);
    expect(on.truth().poisonedNodes).toEqual(['k8s-node2']);
  });

  test('who kills a task of an application is remembered', async () => {
    const on = bench('kernel-nfs-reset');
    const thread = (await scan(on, 'k8s-node2')).find((it) => it.comm === 'grafana');
    // The thread that waits began after its process: kill-task compares with the process.
    const grafana = await on.value(taskOf('k8s-node2', thread?.pid ?? 0));
    if (grafana === undefined) throw new Error('no grafana');
    expect(await on.value(killTask('k8s-node2', grafana))).toBe('sent');
    await on.sleep(5);
    expect(await on.value(taskOf('k8s-node2', grafana.pid))).toBeUndefined();
    expect(on.truth().killed).toEqual([`k8s-node2:${grafana.pid}:grafana`]);
  });

  test('kubelet comes back to a mount that was killed within about two minutes', async () => {
    const on = bench('kernel-nfs-reset');
    await kill(on, 'k8s-node2', killOrder(await scan(on, 'k8s-node2'))[0]);
    await on.sleep(45);
    expect(mounts(await scan(on, 'k8s-node2'))).toEqual([]);
    await on.sleep(90);
    expect(mounts(await scan(on, 'k8s-node2'))).toHaveLength(1);
  });
});

test('a server that answers again frees everything within a minute', async () => {
  const hung = bench('server-hung');
  const on = bench(
    'server-hung',
    1,
    serverWith(hung.lab.world, { liftsAt: hung.lab.clock.now() + 1_000 }),
  );
  expect((await scan(on, 'k8s-node2')).map((it) => it.comm)).toEqual(['grafana']);
  await on.sleep(62);
  expect(await scan(on, 'k8s-node2')).toEqual([]);
  expect(await mountOn(on)).toMatchObject({ is: 'mounted' });
});

/** A mount of a pod that the API no longer knows. */
const stale = async (on: Bench) => {
  const known = new Set(on.lab.world.pods.map((pod) => pod.uid));
  const { mounts: all } = await on.value(nfsState('k8s-node2'));
  const mount = all.find((it) => it.podUid !== undefined && !known.has(it.podUid));
  if (mount === undefined) throw new Error('nothing is stale');
  return mount;
};

describe('a mount that is detached', () => {
  test('is out of the table, stays in the kernel as a ghost, and heals nothing', async () => {
    const on = bench('kernel-nfs-reset');
    const mount = await stale(on);
    expect(await on.value(removeDirectory('k8s-node2', mount.path))).toBe('mounted');
    expect(await on.value(detachMount('k8s-node2', mount))).toBe('detached');
    expect(await on.value(detachMount('k8s-node2', mount))).toBe('gone');
    expect((await on.value(nfsState('k8s-node2'))).ghosts).toEqual([mount.device]);
    expect(await on.value(removeDirectory('k8s-node2', mount.path))).toBe('removed');
    await kill(on, 'k8s-node2', killOrder(await scan(on, 'k8s-node2'))[0]);
    expect(await mountOn(on)).toMatchObject({ is: 'hung' });
    expect(on.truth().mutations.map((it) => it.what)).toEqual([
      'detach-mount',
      'remove-directory',
      'kill-task',
    ]);
  });
});
