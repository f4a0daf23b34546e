import type { Clock } from '../engine/ports.ts';
import {
  releaseRunLock,
  renewRunLock,
  RUN_LOCK,
  showRunLock,
  takeOverRunLock,
  takeRunLock,
} from '../tools/pve/run-lock.ts';
import type { HostLock, Taking } from '../tools/pve/run-lock.ts';
import type { Ask } from './ask.ts';
import { hostStanding, purposeOf, wishFor } from './decide.ts';
import type { Doubtful, Hold, Me, OneLock, Permit, Turn } from './one-lock.ts';
import { ATTEMPTS, EXPIRY_SECONDS } from './terms.ts';
import { readBack } from './read-back.ts';
import { held, lost, refused, released, unknown } from './words.ts';

const RESTLESS = `somebody changed it ${ATTEMPTS} times between the look and the taking`;

/** The directory on one hypervisor as one lock: its host decides, and is asked again where an answer was lost. */
export function hostLock(host: string, me: Me, ask: Ask, clock: Clock): OneLock {
  const it = { lock: 'host', where: `${host}: ${RUN_LOCK}` } as const;
  const show = showRunLock(host, EXPIRY_SECONDS);
  const standing = (lock: HostLock) =>
    hostStanding(lock.is === 'held' ? lock.holder : undefined, me);
  const taking = (purpose: string): Taking => ({
    run: me.run,
    owner: me.owner,
    purpose,
    seconds: EXPIRY_SECONDS,
  });
  /** When its last heartbeat was, by the clock here. */
  const beat = (lock: HostLock): number =>
    clock.now() - (lock.is === 'held' ? lock.holder.silentSeconds : 0) * 1000;

  /** A write whose answer was lost: what stands there now counts. */
  async function lookAgain(doubt: Doubtful, signal: AbortSignal): Promise<Turn> {
    const { seen } = await ask(show, signal);
    if (!seen.ok) return readBack(it, doubt, undefined);
    const { now } = seen.value;
    return readBack(it, doubt, { standing: standing(now), beat: beat(now) });
  }

  async function take(step: string, permit: Permit, signal: AbortSignal): Promise<Turn> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const command = takeRunLock(host, taking(purposeOf(me, step, undefined)));
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      const { seen, begun } = await ask(command, signal);
      if (!seen.ok) {
        return begun
          ? lookAgain({ says: seen.says, otherwise: { is: 'perhaps' } }, signal)
          : { word: unknown(it, 'reached', seen.says), hold: { is: 'none' } };
      }
      const now = standing(seen.value.now);
      if (now.is === 'mine') {
        const { number } = now;
        return {
          word: held(it, 'taken', number, beat(seen.value.now)),
          hold: { is: 'held', number },
        };
      }
      const wish = wishFor(now, permit);
      if (wish.do === 'give-way') return { word: refused(it, wish.holder), hold: { is: 'none' } };
      const { tookOver } = wish;
      if (tookOver !== undefined) {
        const over = takeOverRunLock(
          host,
          tookOver.from.number,
          taking(purposeOf(me, step, tookOver)),
        );
        // oxlint-disable-next-line no-await-in-loop
        const done = await ask(over, signal);
        if (!done.seen.ok) {
          return lookAgain(
            { tookOver, says: done.seen.says, otherwise: { is: 'perhaps' } },
            signal,
          );
        }
        const after = standing(done.seen.value.now);
        if (done.seen.value.did && after.is === 'mine') {
          const { number } = after;
          return {
            word: held(it, 'taken', number, beat(done.seen.value.now), tookOver),
            hold: { is: 'held', number, tookOver },
          };
        }
      }
    }
    return { word: unknown(it, 'taken', RESTLESS), hold: { is: 'none' } };
  }

  async function renew(
    hold: Extract<Hold, { is: 'held' }>,
    step: string,
    signal: AbortSignal,
  ): Promise<Turn> {
    const { number, tookOver } = hold;
    const purpose = purposeOf(me, step, tookOver);
    const command = renewRunLock(
      host,
      { run: me.run, number },
      { purpose, seconds: EXPIRY_SECONDS },
    );
    const { seen, begun } = await ask(command, signal);
    if (!seen.ok) {
      if (!begun) return { word: unknown(it, 'reached', seen.says), hold };
      return lookAgain({ ...hold, says: seen.says, otherwise: hold }, signal);
    }
    if (seen.value.did) return { word: held(it, 'renewed', number, beat(seen.value.now)), hold };
    const word = lost(it, number, standing(seen.value.now));
    return { word, hold: { is: 'lost', word } };
  }

  async function release(
    hold: Extract<Hold, { is: 'held' | 'perhaps' }>,
    signal: AbortSignal,
  ): Promise<Turn> {
    let number = hold.is === 'held' ? hold.number : undefined;
    if (number === undefined) {
      const { seen } = await ask(show, signal);
      if (!seen.ok) return { word: unknown(it, 'read', seen.says), hold };
      const now = standing(seen.value.now);
      if (now.is !== 'mine') {
        return { word: released(it, 'it is not held by this run'), hold: { is: 'none' } };
      }
      ({ number } = now);
    }
    const { seen } = await ask(releaseRunLock(host, { run: me.run, number }), signal);
    if (!seen.ok) return { word: unknown(it, 'given back', seen.says), hold };
    return {
      word: seen.value.did
        ? released(it, 'given back')
        : lost(it, number, standing(seen.value.now)),
      hold: { is: 'none' },
    };
  }

  return {
    ...it,
    look: async (signal) => {
      const { seen } = await ask(show, signal);
      const now = seen.ok ? standing(seen.value.now) : undefined;
      return now?.is === 'theirs' ? now.holder : undefined;
    },
    take,
    renew,
    release,
  };
}
