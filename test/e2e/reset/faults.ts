import type { LabNode } from '../harness/lab-node.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import type { NodeTask } from '../harness/node-task.ts';
import { mountVolume, stickMountNfs } from '../harness/node-volumes.ts';
import { until } from '../harness/until.ts';

/** A node that only a reset clears. */
export interface DeadHolder {
  /** A zombie with a second thread that waits for a frozen file system: really unkillable. */
  readonly pod: NodePod;
  /** A `mount.nfs` in D beside it. */
  readonly mount: NodeTask;
}

/** Leaves a database dead on a node, over its NFS volume, with a thread that nothing ends, and a mount that hangs. */
export async function leaveDeadHolder(
  node: LabNode,
  podUid: string,
  server: string,
): Promise<DeadHolder> {
  const pv = 'pv-mysql';
  const volume = { podUid, pv, source: `${server}:/export/${pv}` };
  await mountVolume(node, volume);
  const spec = { uid: podUid, namespace: 'dbaas', name: 'mysql-0', container: 'mysqld' };
  const pod = await addPod(node, spec);
  await pod.stick({ wchan: 'folio_wait_bit_common', killable: false });
  await node.run(`kill -KILL ${pod.task.pid}`);
  await until('it is a zombie', { seconds: 5 }, async () => (await pod.task.state()) === 'Z');
  return { pod, mount: await stickMountNfs(node, volume) };
}

/** The stack of a mount that sets up a client whose server does not answer (REALITY 4d). */
export const POISONER = [
  'rpc_wait_bit_killable+0xd/0x70 [sunrpc]',
  'nfs4_run_exchange_id+0x1ea/0x290 [nfsv4]',
  'nfs4_discover_server_trunking+0x7a/0x250 [nfsv4]',
  'nfs4_init_client+0xbd/0x140 [nfsv4]',
]
  .map((line) => `[<0>] ${line}`)
  .join('\n');
