import { ZOMBIE_PROGRAM } from './fake-process.ts';
import type { LabNode } from './lab-node.ts';
import { type NodeTask, startProgram, taskOf } from './node-task.ts';
import { until } from './until.ts';

/** A real zombie and the `containerd-shim` that does not reap it. */
export async function addZombie(
  node: LabNode,
  comm = 'umount.nfs4',
): Promise<{ readonly zombie: NodeTask; readonly parent: NodeTask }> {
  const commandLine = '/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 0123abcd';
  const parent = await startProgram(node, ZOMBIE_PROGRAM, 'containerd-shim', commandLine, comm);
  const pid = await until('the shim has a child', { seconds: 5, everyMs: 10 }, async () => {
    const children = await node.read(`/proc/${parent.pid}/task/${parent.pid}/children`);
    return children.trim() === '' ? undefined : Number(children);
  });
  const zombie = await taskOf(node, pid, pid);
  await until('it is a zombie', { seconds: 5 }, async () => (await zombie.state()) === 'Z');
  return { zombie, parent };
}
