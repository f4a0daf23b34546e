import type { LockHolder, LockWord, TakeOver } from '../engine/ports.ts';
import { formatMs } from '../runbook/duration.ts';
import type { Standing } from './decide.ts';
import { EXPIRY_SECONDS } from './terms.ts';

/** What a lock is called in every word about it. */
type Named = Pick<LockWord, 'lock' | 'where'>;

const span = (seconds: number): string => formatMs(seconds * 1000);

const who = ({ run, owner }: LockHolder): string =>
  run === undefined
    ? 'somebody who is not known, and who was stopped while taking it,'
    : `run ${run}${owner === '' ? '' : ` of ${owner}`}`;

/** Who has it, for what and since when: `run R of ops@box has it (vault: delete the pod), for 4 min, last heard of 12 s ago`. */
function holding(holder: LockHolder): string {
  const { purpose, heldSeconds, silentSeconds } = holder;
  const since = heldSeconds === undefined ? '' : `for ${span(heldSeconds)}, `;
  return `${who(holder)} has it${purpose === '' ? '' : ` (${purpose})`}, ${since}last heard of ${span(silentSeconds)} ago`;
}

const HOW = {
  taken: 'taken',
  renewed: 'renewed',
  verified: 'not renewed, but read back as held by this run',
} as const;

/** It is this run's; `at`: the heartbeat from which its time counts. */
export function held(
  it: Named,
  how: keyof typeof HOW,
  number: number,
  at: number,
  tookOver?: TakeOver,
): LockWord {
  const from =
    tookOver === undefined
      ? ''
      : `, from ${who(tookOver.from)} with the reason: ${tookOver.reason}`;
  return {
    ...it,
    verdict: 'held',
    because: `${HOW[how]}${from}; number ${number}; it expires ${span(EXPIRY_SECONDS)} after this run's last heartbeat`,
    number,
    expiresAt: new Date(at + EXPIRY_SECONDS * 1000).toISOString(),
    ...(tookOver === undefined ? {} : { tookOver }),
  };
}

/** Another run has it: what can be done depends on whether it still gives heartbeats. */
export const refused = (it: Named, holder: LockHolder): LockWord => ({
  ...it,
  verdict: 'refused',
  because: holder.expired
    ? `${holding(holder)}, so it is expired: make sure that it is dead, then take it over with --take-over '<reason>'`
    : `${holding(holder)}: let it end, or stop it there; it can be taken over only after it is expired`,
  holder,
});

/** It could not be read or written: never the same as free. */
export const unknown = (it: Named, tried: string, says: string): LockWord => ({
  ...it,
  verdict: 'unknown',
  because: `not known who has it, it could not be ${tried}: ${says}`,
});

/** It was this run's with that number, and stands otherwise now. */
export function lost(it: Named, number: number, now: Standing): LockWord {
  const was = `it was this run's with number ${number}`;
  const stop = 'look at what this run has done so far, then start it anew';
  switch (now.is) {
    case 'theirs':
      return {
        ...it,
        verdict: 'lost',
        because: `${was}, and now ${holding(now.holder)}, with number ${now.holder.number}: ${stop}`,
        holder: now.holder,
      };
    case 'mine':
      return {
        ...it,
        verdict: 'lost',
        because: `${was}, and now another process goes on with this run, with number ${now.number}: leave it to that one`,
      };
    case 'free':
      return {
        ...it,
        verdict: 'lost',
        because: `${was}, and now nobody has it: somebody removed it, or its machine was restarted: ${stop}`,
      };
  }
}

/** It is not this run's any more, as it should be. */
export const released = (it: Named, because: string): LockWord => ({
  ...it,
  verdict: 'released',
  because,
});
