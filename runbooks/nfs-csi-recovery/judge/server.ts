import type { Observation } from '../../../src/runbook/observation.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { NfsServer } from '../../../src/tools/nfs/server.ts';
import { counted } from './pods.ts';

/** Whether the NFS server itself is at fault: then no node is touched (COMMANDS B.6, B.7). */
export type ServerWord =
  | { readonly is: 'well'; readonly because: string; readonly remarks: readonly string[] }
  | { readonly is: 'grace'; readonly because: string }
  | { readonly is: 'down'; readonly because: string }
  | { readonly is: 'busy'; readonly because: string }
  | { readonly is: 'unknown'; readonly because: string };

/** The share of its processors at which a server counts as saturated: 38 of 44 in the seed estate (DOMAIN 2.0). */
const SATURATED = 0.86;

const say = (node: string, it: Observation<ServerAnswer>): string =>
  it.ok ? `${node}: TCP ${it.value.tcp}, RPC ${it.value.rpc}` : `${node}: ${it.says}`;

/**
 * Only a NULL call tests nfsd: showmount and rpcinfo -p stay green without it (COMMANDS B.6). Two nodes must get an answer;
 * one that does not, while others do, is that node's affair and is looked at when its turn comes.
 */
export function readServer(
  answers: Readonly<Record<string, Observation<ServerAnswer>>>,
  server: Observation<NfsServer> | undefined,
): ServerWord {
  const all = Object.entries(answers);
  const said = all.map(([node, it]) => say(node, it)).join('; ');
  const heard = all.filter(([, it]) => it.ok && it.value.rpc === 'answers');
  const deaf = all.filter(
    ([, it]) => it.ok && it.value.rpc !== 'answers' && it.value.rpc !== 'unknown',
  );
  const own = server?.ok === true ? server.value : undefined;
  if (own?.threads === 0) return { is: 'down', because: `nfsd has no thread; ${said}` };
  if (heard.length === 0 && deaf.length >= 2) {
    return { is: 'down', because: `nobody gets an answer to a NULL call; ${said}` };
  }
  if (heard.length < 2) {
    return {
      is: 'unknown',
      because: `${counted(heard.length, 'node gets', 'nodes get')} an answer to a NULL call, and two must; ${said}`,
    };
  }
  if (own?.inGrace === true) {
    return {
      is: 'grace',
      because: `nfsd was started just now and is in its grace time (${own.graceSeconds} s): opening a file blocks`,
    };
  }
  if (own !== undefined && own.load1 >= own.cpus * SATURATED) {
    return {
      is: 'busy',
      because: `the server's load is ${own.load1} on ${own.cpus} processors: it answers, and too slowly to judge by`,
    };
  }
  const beside =
    own === undefined
      ? `the server itself was not looked at: ${server?.ok === false ? server.says : 'the inventory names no host for it'}`
      : `${own.threads} nfsd threads, load ${own.load1} on ${own.cpus} processors`;
  const remarks =
    own?.fsidZero === true
      ? [
          'The NFS server exports a pseudo-root of its own (fsid=0): every client path below it moves. Where mounts fail with "No such file or directory", that is why.',
        ]
      : [];
  return { is: 'well', because: `${said}; ${beside}`, remarks };
}
