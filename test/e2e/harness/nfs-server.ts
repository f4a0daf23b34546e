import { RPC_PROGRAM } from './fake-process.ts';
import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';
import { type NodeTask, startProgram } from './node-task.ts';

/** What stands for an NFS server on a host: real TCP on port 2049, and a real answer to the NULL call. It exports nothing. */
export interface NfsServer {
  readonly task: NodeTask;
  /** Whether calls are answered; connections are taken in either case. */
  answer(calls: boolean): Promise<void>;
}

/** Starts it on the address of a node; it dies with the node. */
export async function startNfsServer(node: LabNode): Promise<NfsServer> {
  const silent = `${NODE_FOLDER}/nfsd-silent`;
  const port = { protocol: 'tcp', address: node.address, port: 2049 } as const;
  const task = await startProgram(node, RPC_PROGRAM, 'nfsd', '[nfsd]', silent, [port]);
  return {
    task,
    answer: async (calls) => {
      if (calls) await node.run(`rm -f ${silent}`);
      else await node.write(silent, '');
    },
  };
}
