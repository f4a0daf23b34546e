import type { Node, Pod, World } from '../world.ts';
import type { Rule } from './rule.ts';
import { volumesOf } from './volumes.ts';

/** Databases that kubelet lost sight of (COMMANDS C.4, `ContainerStatusUnknown`; DOMAIN 2.1 A8). */

const writes = (node: Node, uid: string): boolean =>
  node.processes.some((process) => process.podUid === uid && process.comm === 'mysqld');

/**
 * A pod that came up while the process of the one before it still has its volume. Whether InnoDB's lock keeps the second
 * one out is luck on NFS: the lab counts it as two writers.
 */
const second = (world: World, pod: Pod): boolean =>
  pod.stage === 'running' &&
  pod.lost === undefined &&
  volumesOf(world, pod).some((volume) =>
    world.nodes.some((node) =>
      node.mounts.some(
        (mount) =>
          mount.volume === volume.name && mount.podUid !== pod.uid && writes(node, mount.podUid),
      ),
    ),
  );

/** Two processes write to one database. */
export const secondWriters: Rule = {
  wants: (world) =>
    world.dataLost || !world.pods.some((pod) => pod.owner?.name !== 'vault' && second(world, pod))
      ? []
      : [{ key: 'second-writer', at: world.at, deed: (now) => ({ ...now, dataLost: true }) }],
};
