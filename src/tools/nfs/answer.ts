import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { decimal } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';

/** Whether nfsd itself answers, which a green `showmount` or `rpcinfo -p` does not tell (COMMANDS B.6; lab 05). */
export interface ServerAnswer {
  /** Port 2049. `error`: no route, no such name, or nothing on the node to try it with. */
  readonly tcp: 'open' | 'refused' | 'timeout' | 'error';
  /** Seconds until the connection stood, or until it was given up. */
  readonly tcpSeconds: number;
  /**
   * The NULL call of program 100003 version 4. `silent`: no reply came. `not-registered`: something answers there, and it
   * is not that program in that version. `refused`: nothing listens, or the call was denied. `unknown`: nothing on the
   * node to ask with, or the answer is not one.
   */
  readonly rpc: 'answers' | 'silent' | 'not-registered' | 'refused' | 'unknown';
}

const TCP = [
  'open',
  'refused',
  'timeout',
  'error',
] as const satisfies readonly ServerAnswer['tcp'][];
const RPC = [
  'answers',
  'silent',
  'not-registered',
  'refused',
  'unknown',
] as const satisfies readonly ServerAnswer['rpc'][];

function readAnswer(records: readonly ScriptRecord[]): Reading<ServerAnswer> {
  const tcp = records.find((r) => r.kind === 'tcp')?.fields ?? [];
  const said = records.find((r) => r.kind === 'null')?.fields[0];
  const opened = TCP.find((word) => word === tcp[0]);
  const rpc = RPC.find((word) => word === said);
  const tcpSeconds = decimal(tcp[1]);
  if (opened === undefined || rpc === undefined || tcpSeconds === undefined) {
    return unparsable('expected how far the call to the NFS server got, and got something else');
  }
  if (rpc === 'answers' && opened !== 'open') {
    return unparsable('expected no answer to a call without a connection, and got one');
  }
  return value({ tcp: opened, tcpSeconds, rpc });
}

/** Calls nfsd from a node with the one call that does nothing; it asks no portmapper; 20 s. */
export function askServer(node: string, server: string): Command<ServerAnswer> {
  return script<ServerAnswer>({
    where: { on: 'node', node },
    id: 'nfs.answer',
    about: `ask the NFS server ${server} from ${node} whether it answers`,
    script: 'nfs/answer',
    args: [server],
    deadlineMs: 20_000,
    read: readAnswer,
  });
}
