import { between } from '../chance.ts';
import type { AnswerId } from '../marks/answers.ts';
import { serverIn } from '../objects/pod.ts';
import type { Said } from '../said.ts';
import { records } from './records.ts';
import type { Script } from './records.ts';
import { get } from './vault-http.ts';

/** `node/reach.sh`: TCP and HTTP to a pod's address from a node (COMMANDS A.4, L1). */

/** curl's limit in the script, unless an argument names another. */
const LIMIT_S = 5;

interface Tried {
  readonly by: AnswerId;
  readonly tcp: 'open' | 'refused' | 'timeout';
  readonly connectS: string;
  readonly http: string | number;
  readonly bytes?: number;
  readonly tookMs: number;
}

const told = ({ by, tcp, connectS, http, bytes, tookMs }: Tried): Said =>
  records(
    by,
    [
      ['tcp', tcp, connectS],
      ['http', http, bytes ?? 0, http === 'none' ? 0 : (tookMs / 1000).toFixed(6)],
    ],
    tookMs,
  );

/** Answers `reach HOST PORT PATH [SECONDS]`. */
export const reach: Script = (world, node, [host = '', port = '', path = '', seconds = '']) => {
  const limitMs = (Number(seconds) || LIMIT_S) * 1000;
  const pod = world.pods.find(
    (it) =>
      it.ip === host && world.nodes.some(({ name, power }) => name === it.node && power === 'on'),
  );
  if (pod === undefined) {
    const nothing = { connectS: '5.001042', http: 'none', tookMs: limitMs } as const;
    return told({ by: 'node/reach-timeout', tcp: 'timeout', ...nothing });
  }
  const connectMs = between(2, 14, world.seed, node.name, host, world.at) / 10;
  const connectS = (connectMs / 1000).toFixed(6);
  const member = serverIn(world, pod);
  const listens =
    member !== undefined && member.health !== 'gone' && (port === '8200' || port === '8201');
  if (!listens) {
    return told({ by: 'node/reach-refused', tcp: 'refused', connectS, http: 'none', tookMs: 1 });
  }
  const open = { tcp: 'open', connectS } as const;
  const silent = told({ by: 'node/reach-silent', ...open, http: 'silent', tookMs: limitMs });
  if (port === '8201') {
    // The cluster listener wants TLS and ends a connection that speaks plain HTTP; a stopped process does not.
    return member.health === 'frozen'
      ? silent
      : told({ by: 'node/reach-closed', ...open, http: 'closed', tookMs: 2 });
  }
  const heard = get(world, pod, path);
  if (heard.is !== 'status' || heard.afterMs >= limitMs) return silent;
  const bytes = JSON.stringify(heard.body).length + 190;
  const answered = { http: heard.status, bytes, tookMs: heard.afterMs + 3 };
  return told({ by: 'node/reach-open', ...open, ...answered });
};
