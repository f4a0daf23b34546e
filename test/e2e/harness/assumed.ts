import { createHash, randomUUID } from 'node:crypto';
import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';

/**
 * What the suite assumes about a task instead of producing it: files laid over those of the node's
 * /proc. The rest of /proc/PID, its state above all, is the kernel's own.
 */
export interface Assumed {
  /** The kernel function the task would wait in. */
  readonly wchan?: string;
  /** The kernel stack, one frame per line. */
  readonly stack?: string;
  /** The pod whose cgroup the process would be in. */
  readonly cgroupOf?: string;
}

/** Lays files over /proc of a task inside the node; they go when the task goes. */
export async function assume(
  node: LabNode,
  pid: number,
  tid: number,
  { wchan, stack, cgroupOf }: Assumed,
): Promise<void> {
  const own = tid === pid ? [`/proc/${pid}`] : [];
  const task = [...own, `/proc/${pid}/task/${tid}`];
  if (wchan !== undefined) await lay(node, wchan, task, 'wchan');
  if (stack !== undefined) await lay(node, `${stack.trimEnd()}\n`, task, 'stack');
  if (cgroupOf !== undefined) await lay(node, `${podCgroup(cgroupOf)}\n`, task, 'cgroup');
}

/** Lays one file over `name` in each of these folders. */
export async function lay(
  node: LabNode,
  text: string,
  folders: readonly string[],
  name: string,
): Promise<void> {
  const file = `${NODE_FOLDER}/fake/${randomUUID()}`;
  await node.write(file, text);
  await node.run(folders.map((folder) => `mount --bind ${file} ${folder}/${name}`).join('\n'));
}

/** The row of /proc/PID/cgroup that systemd and containerd make for a container of this pod. */
export function podCgroup(uid: string): string {
  const container = createHash('sha256').update(uid).digest('hex');
  const pod = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
  return `0::/kubepods.slice/kubepods-burstable.slice/${pod}/cri-containerd-${container}.scope`;
}
