import { STUCK_PROGRAM } from './fake-process.ts';
import type { Assumed } from './assumed.ts';
import type { LabNode } from './lab-node.ts';
import { refreshTable } from './nfs-lens.ts';
import { type NodeTask, startProgram, stuck } from './node-task.ts';

/** A CSI volume of a pod on a node. */
export interface NodeVolume {
  readonly podUid: string;
  readonly pv: string;
  /** What the mount is of: `10.98.0.9:/export/PV` when not said. */
  readonly source?: string;
}

/** The path where the kubelet has a CSI volume mounted. */
export function volumePath({ podUid, pv }: NodeVolume): string {
  return `/var/lib/kubelet/pods/${podUid}/volumes/kubernetes.io~csi/${pv}/mount`;
}

/**
 * Mounts something at the volume's path. Real: the mount, its row in mountinfo, and `umount`.
 * Assumed: that it is NFS. The row names the source, but its file system type is tmpfs, where no lens
 * is laid over it (`nfs-lens.ts`).
 */
export async function mountVolume(node: LabNode, volume: NodeVolume): Promise<string> {
  const path = volumePath(volume);
  const data = { specVolID: volume.pv, driverName: 'nfs.csi.k8s.io' };
  await node.write(`${path}/../vol_data.json`, JSON.stringify(data));
  await node.run(`mkdir -p ${path}\nmount -t tmpfs -o size=64k '${sourceOf(volume)}' ${path}`);
  await refreshTable(node);
  return path;
}

/**
 * A `mount.nfs` that hangs on this volume. Real: the process, its state D, that SIGKILL ends it.
 * Assumed: its wchan (`rpc_wait_bit_killable` when not said) and what else is given.
 */
export async function stickMountNfs(
  node: LabNode,
  volume: NodeVolume,
  assumed: Assumed = {},
): Promise<NodeTask> {
  const mount = `${sourceOf(volume)} ${volumePath(volume)} -o rw,nfsvers=4.2`;
  const task = await startProgram(node, STUCK_PROGRAM, 'mount.nfs', `/sbin/mount.nfs ${mount}`);
  return stuck(node, task, { wchan: 'rpc_wait_bit_killable', ...assumed });
}

function sourceOf({ pv, source }: NodeVolume): string {
  return source ?? `10.98.0.9:/export/${pv}`;
}
