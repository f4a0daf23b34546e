import { between, uuid } from '../chance.ts';
import { changeMember, changeNode, changePod } from '../change.ts';
import { volumesOf } from '../rules/volumes.ts';
import type { Pod, World } from '../world.ts';
import { leftBehind } from './csi-stage.ts';
import { ago, crashing, podNamed } from './stage.ts';

/** Who suffered from the lost mounts: MySQL, whose container kubelet lost, and a Vault pod without its lock (DOMAIN 2.1 A8). */

const SQL = 'mysql-standalone-0';

/** Its data lies on a share, as it did in March, and it has its place on one node. */
const onShare = (world: World, node: string): World => ({
  ...world,
  workloads: world.workloads.map((it) => (it.namespace === 'dbaas' ? { ...it, pinned: node } : it)),
  volumes: world.volumes.map((volume) =>
    volume.namespace === 'dbaas' ? { ...volume, backend: 'nfs' } : volume,
  ),
});

const sqlProcess = { comm: 'mysqld', threads: 41, container: 'mysql-standalone' };

/** MySQL as `ContainerStatusUnknown`: its process is dead, or runs on and holds its lock. */
export function lostMysql(world: World, its: 'dead' | 'alive'): World {
  const shared = onShare(world, podNamed(world, SQL).node);
  const pod = podNamed(shared, SQL);
  const lost = changePod(shared, pod.uid, (it) => ({ ...it, lost: true, restarts: 3 }));
  return its === 'alive'
    ? leftBehind(lost, pod.node, pod, [sqlProcess], { createdAt: ago(30 * 60) })
    : changeNode(lost, pod.node, (node) => ({
        ...node,
        mounts: node.mounts.filter((mount) => mount.podUid !== pod.uid),
      }));
}

/** How often kubelet has started it, and when the last time. */
interface Lives {
  readonly restarts: number;
  readonly lastAt: number;
}

/**
 * A Vault pod that cannot open its database: the process of the pod before it runs on, on another node, in a sandbox
 * that the API does not know, and has the lock.
 */
export function lockedVault(world: World, id: string, holder: string, lives: Lives): World {
  const pod = podNamed(world, id);
  const { restarts, lastAt } = lives;
  const message = 'failed to open bolt file: timeout';
  const down = changePod(crashing(world, id, lastAt), pod.uid, (it: Pod) => ({
    ...it,
    restarts,
    ended: [{ container: 'vault', restarts, at: lastAt, exitCode: 1, message, down: true }],
  }));
  const said = changeMember(down, id, (member) => ({
    ...member,
    log: [
      {
        at: lastAt,
        level: 'ERROR',
        text: `core: Error initializing storage of type raft: failed to create fsm: ${message}`,
      },
    ],
  }));
  const before = { uid: uuid(world.seed, 'before', id), namespace: pod.namespace, name: id };
  const createdAt = lastAt - between(40, 44, world.seed, 'before') * 3_600_000;
  const left = leftBehind(
    said,
    holder,
    before,
    [
      { comm: 'pause', threads: 1 },
      { comm: 'vault', threads: 14 },
    ],
    { createdAt },
  );
  return changeNode(left, holder, (node) => ({
    ...node,
    mounts: [
      ...node.mounts,
      ...volumesOf(world, pod).map(({ name }) => ({ podUid: before.uid, volume: name })),
    ],
  }));
}
