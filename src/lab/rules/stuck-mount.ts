import { between } from '../chance.ts';
import { changeNode } from '../change.ts';
import { USUAL } from '../nfs-client.ts';
import type { MountWait, NfsVersion, Node, Process, World } from '../world.ts';

/** A `mount.nfs` that does not come back (COMMANDS B.2; REALITY 4c, 4d). */

/** The wait channel of each wait. */
export function wchanOf(wait: MountWait): string {
  switch (wait) {
    case 'queue':
      return 'nfs_wait_client_init_complete';
    case 'mutex':
      return 'nfs4_discover_server_trunking';
    case 'set-up':
    case 'answer':
      return 'rpc_wait_bit_killable';
  }
}

/** Such a process, in the cgroup of the node's CSI pod that started it; `mountsFor` is the pod that waits for it. */
export function stuckMount(
  world: World,
  node: Node,
  mountsFor: string,
  waitsFor: MountWait,
  version: NfsVersion = USUAL,
): Process {
  const csi = world.pods.find(
    (pod) => pod.node === node.name && pod.labels['app'] === 'csi-nfs-node',
  );
  const pid = between(900_000, 4_000_000, world.seed, 'mount.nfs', node.name, mountsFor, world.at);
  return {
    pid,
    ppid: pid - 1,
    startTicks: Math.floor((world.at - node.bootedAt) / 10),
    comm: 'mount.nfs',
    ...(csi === undefined ? {} : { podUid: csi.uid }),
    container: 'nfs',
    mountsFor,
    threads: 1,
    wchan: wchanOf(waitsFor),
    mounting: { version, waitsFor },
  };
}

/**
 * Puts a mount that nobody waits for any more into the set-up of the node's client of that version, where it stays:
 * the driver gave it up after 110 s (COMMANDS 0.3, B.7, case P; csi-driver-nfs#1271).
 */
export function poisoned(world: World, node: string, mount: Process): World {
  const version = mount.mounting?.version ?? USUAL;
  return changeNode(world, node, (it) => ({
    ...it,
    processes: [...it.processes, mount],
    nfs: { ...it.nfs, [version]: { is: 'initialising', by: mount.pid } },
  }));
}
