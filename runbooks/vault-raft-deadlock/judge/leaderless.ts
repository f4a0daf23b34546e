import { quorumOf } from '../../../src/guards/voters.ts';
import type { PodRef } from '../../../src/runbook/references.ts';
import type { Verdict } from './evidence.ts';
import { answers, blindSpots, ok } from './look.ts';
import type { Dated, Look } from './look.ts';

/** The named leader does not answer the proxy, and nobody could look from another node: that is unknown, not silence. */
export function unmeasured(
  pods: readonly PodRef[],
  look: Look,
  leader: string | undefined,
): Verdict | undefined {
  if (leader === undefined) return undefined;
  const reach = look.reach[leader];
  if (reach?.ok === true) return undefined;
  const blind = blindSpots(look, pods);
  const why = blind.length > 0 ? blind.join('; ') : (reach?.says ?? 'no other node is known');
  return {
    is: 'unclear',
    because: `${leader} is named leader and does not answer the API server's proxy; whether it is silent could not be measured from another node: ${why}`,
  };
}

/**
 * TCP opens, and took so long in some look that too little time was left to call the rest silence: the way is slow, not the
 * leader gone.
 */
export function slowWay(window: readonly Dated[], leader: string | undefined): Verdict | undefined {
  if (leader === undefined) return undefined;
  const reaches = window.map(({ seen }) => ok(seen.reach[leader]));
  if (!reaches.every((it) => it?.tcp === 'open' && it.http.is === 'silent')) return undefined;
  const slowest = Math.max(...reaches.map((it) => it?.tcpSeconds ?? 0));
  return {
    is: 'unclear',
    because: `${leader} opens TCP, which took ${slowest.toFixed(1)} s in one look, and sends no byte: on a way as slow as that silence proves nothing`,
  };
}

/** No pod leads, whatever one says of itself; `named` is whom they name, `why` what is known beside that. */
export function noLeader(
  pods: readonly PodRef[],
  window: readonly Dated[],
  named: string | undefined,
  why = '',
): Verdict {
  const look = window.at(-1)?.seen;
  const up = pods.filter((p) => look !== undefined && answers(look, p.name)).map((p) => p.name);
  const here = `answering: ${up.length === 0 ? 'none' : up.join(', ')}`;
  const who =
    named === undefined
      ? `no pod is active; nobody names a leader; ${here}`
      : up.includes(named)
        ? `${named} says that it leads, and ${up.length} of ${pods.length} pods answer, which is no quorum (${quorumOf(pods.length)}); ${here}`
        : `no pod is active; ${named} is still named leader and is not there; ${here}`;
  return {
    is: 'no-leader',
    because: [
      who,
      ...(why === '' ? [] : [why]),
      ...(look === undefined ? [] : blindSpots(look, pods)),
    ].join('; '),
  };
}
