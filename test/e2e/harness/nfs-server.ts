import { lay } from './assumed.ts';
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

/** What the files of nfsd say (COMMANDS B.8). */
export interface NfsdFiles {
  readonly threads: number;
  /** Whether the grace period after a start is over. */
  readonly graceOver: boolean;
  /** Lines of `/proc/fs/nfsd/exports`. */
  readonly exports: readonly string[];
  /** The clients of version 4.2, none when not said. */
  readonly clients?: readonly NfsdClient[];
  /** The load of the last minute: that of the machine itself, which all nodes share, when not said. */
  readonly load1?: number;
}

/** A client as the server has it: `courtesy` once it has been silent for longer than its lease. */
export interface NfsdClient {
  readonly host: string;
  readonly address: string;
  readonly status: 'confirmed' | 'courtesy';
  readonly secondsSinceRenew: number;
}

/**
 * Lays the files of nfsd over the place where its file system would be mounted, which every kernel has. They are text and
 * no more: nothing of the machine's own server is read or changed.
 */
export async function layNfsdFiles(node: LabNode, files: NfsdFiles): Promise<void> {
  const { threads, graceOver, exports, clients = [], load1 } = files;
  if (load1 !== undefined) {
    const load = `${load1.toFixed(2)} 0.40 0.38 1/512 4242\n`;
    await node.write(`${NODE_FOLDER}/loadavg`, load);
    await node.run(`mount --bind ${NODE_FOLDER}/loadavg /proc/loadavg`);
  }
  await node.run(`
    grep -q ' /proc/fs/nfsd .* sre-e2e ' /proc/self/mountinfo || mount -t tmpfs sre-e2e /proc/fs/nfsd
    rm -rf /proc/fs/nfsd/clients
    mkdir -p /proc/fs/nfsd/clients`);
  const texts = {
    threads: String(threads),
    nfsv4leasetime: '90',
    nfsv4gracetime: '90',
    v4_end_grace: graceOver ? 'Y' : 'N',
    exports: ['# Version 1.1', '# Path Client(Flags) # IPs', ...exports].join('\n'),
  };
  for (const [name, text] of Object.entries(texts)) {
    await node.write(`/proc/fs/nfsd/${name}`, `${text}\n`);
  }
  for (const [id, client] of clients.entries()) {
    await node.write(`/proc/fs/nfsd/clients/${id}/info`, `${infoOf(client, id)}\n`);
    await node.write(`/proc/fs/nfsd/clients/${id}/states`, '');
  }
}

/** As a server of kernel 6.1 was recorded (COMMANDS B.8). */
const infoOf = ({ host, address, status, secondsSinceRenew }: NfsdClient, id: number): string =>
  [
    `clientid: 0x${(0xfc89_f6c7_0000 + id).toString(16)}`,
    `address: "${address}:883"`,
    `status: ${status}`,
    `seconds from last renew: ${secondsSinceRenew}`,
    `name: "Linux NFSv4.2 ${host}"`,
    'minor version: 2',
    'callback state: UP',
  ].join('\n');

/** What an idle host says of its load: the real one is that of the machine under all nodes, with everything that runs there. */
const IDLE = '0.40 0.35 0.30 1/200 4711\n';

/** Starts it on the address of a node; it dies with the node. */
export async function startNfsServer(node: LabNode): Promise<NfsServer> {
  await lay(node, IDLE, ['/proc'], 'loadavg');
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
