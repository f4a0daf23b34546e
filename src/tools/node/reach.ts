import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { decimal } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** How far a call from a node got. */
export interface Reach {
  /** `error`: no route, no such name, or nothing on the node to try it with. */
  readonly tcp: 'open' | 'refused' | 'timeout' | 'error';
  /** Seconds until the connection stood, or until it was given up. */
  readonly tcpSeconds: number;
  /**
   * `silent`: the connection stood and no byte came within 5 s, the one sign of a process that hangs (COMMANDS A.4, L1).
   * `closed`: it was ended without an answer. `none`: of HTTP nothing is known.
   */
  readonly http:
    | { readonly is: 'status'; readonly status: number }
    | { readonly is: 'silent' }
    | { readonly is: 'closed' }
    | { readonly is: 'none' };
}

const TCP: ReadonlySet<string> = new Set<Reach['tcp']>(['open', 'refused', 'timeout', 'error']);
const isTcp = (word: string | undefined): word is Reach['tcp'] =>
  word !== undefined && TCP.has(word);

function toHttp(word: string | undefined): Reach['http'] | undefined {
  if (word === 'silent' || word === 'closed' || word === 'none') return { is: word };
  return word !== undefined && /^[1-9]\d\d$/.test(word)
    ? { is: 'status', status: Number(word) }
    : undefined;
}

function readReach(records: readonly ScriptRecord[]): Reading<Reach> {
  const tcp = records.find((r) => r.kind === 'tcp')?.fields;
  const http = toHttp(records.find((r) => r.kind === 'http')?.fields[0]);
  const seconds = decimal(tcp?.[1]);
  if (!isTcp(tcp?.[0]) || seconds === undefined || http === undefined) {
    return unparsable('expected a tcp and an http record of the call, and got something else');
  }
  return value({ tcp: tcp[0], tcpSeconds: seconds, http });
}

/**
 * Opens TCP from a node and asks for a path in plain HTTP; `seconds` in all on the node, 5 by default. A listener that
 * wants TLS answers with a status or closes, and either shows life. `path` begins with a slash.
 */
export function reach(
  node: string,
  host: string,
  port: number,
  path: string,
  seconds?: number,
): Command<Reach> {
  return script<Reach>({
    where: { on: 'node', node },
    id: 'node.reach',
    about: `call ${host}:${port} from ${node}${seconds === undefined ? '' : `, and wait ${seconds} s`}`,
    script: 'node/reach',
    args: [host, String(port), path, ...(seconds === undefined ? [] : [String(seconds)])],
    deadlineMs: ((seconds ?? 5) + 5) * 1000,
    read: readReach,
  });
}
