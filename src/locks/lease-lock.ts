import type { Clock } from '../engine/ports.ts';
import type { Site } from '../runbook/site.ts';
import { DEFAULT_LOCKS } from '../runbook/site.ts';
import {
  createRunLease,
  readRunLease,
  replaceRunLease,
  RUN_LEASE,
} from '../tools/kubectl/run-lease.ts';
import type { LeaseText, RunLease } from '../tools/kubectl/run-lease.ts';
import type { Ask } from './ask.ts';
import { leaseRenewed, leaseStanding, leaseTaken, wishFor } from './decide.ts';
import type { Doubtful, Hold, Me, OneLock, Permit, Turn } from './one-lock.ts';
import { ATTEMPTS } from './terms.ts';
import { readBack } from './read-back.ts';
import { held, lost, refused, released, unknown } from './words.ts';

const RESTLESS = `somebody changed it ${ATTEMPTS} times between the look and the write`;

/** The Lease of the cluster as one lock: every write is pinned to what was read, and is read back where its answer is lost. */
export function leaseLock(site: Site, me: Me, ask: Ask, clock: Clock): OneLock {
  const { cluster } = site;
  const { namespace } = site.locks ?? DEFAULT_LOCKS;
  const it = { lock: 'lease', where: `Lease ${namespace}/${RUN_LEASE}` } as const;
  const read = readRunLease(cluster, namespace);
  const standing = (lease: RunLease | undefined) => leaseStanding(lease, me, clock.now());

  const write = (before: RunLease | undefined, text: LeaseText) =>
    before === undefined
      ? createRunLease(cluster, namespace, text)
      : replaceRunLease(cluster, namespace, before.resourceVersion, text);

  /** A write whose answer was lost: what stands there now counts. */
  async function lookAgain(doubt: Doubtful, signal: AbortSignal): Promise<Turn> {
    const { seen } = await ask(read, signal);
    if (!seen.ok) return readBack(it, doubt, undefined);
    const beat = seen.value?.holder?.renewedAt ?? clock.now();
    return readBack(it, doubt, { standing: standing(seen.value), beat });
  }

  async function take(step: string, permit: Permit, signal: AbortSignal): Promise<Turn> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      const { seen } = await ask(read, signal);
      if (!seen.ok) return { word: unknown(it, 'read', seen.says), hold: { is: 'none' } };
      const wish = wishFor(standing(seen.value), permit);
      if (wish.do === 'give-way') return { word: refused(it, wish.holder), hold: { is: 'none' } };
      const now = clock.now();
      const text = leaseTaken(seen.value, me, step, now, wish.tookOver);
      // oxlint-disable-next-line no-await-in-loop
      const written = await ask(write(seen.value, text), signal);
      if (!written.seen.ok) {
        if (!written.begun) {
          return { word: unknown(it, 'written', written.seen.says), hold: { is: 'none' } };
        }
        return lookAgain(
          { ...text, ...wish, says: written.seen.says, otherwise: { is: 'perhaps' } },
          signal,
        );
      }
      if (written.seen.value.is === 'written') {
        const { number } = text;
        const tookOver = wish.tookOver === undefined ? {} : { tookOver: wish.tookOver };
        return {
          word: held(it, 'taken', number, now, wish.tookOver),
          hold: { is: 'held', number, ...tookOver },
        };
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
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      const { seen } = await ask(read, signal);
      if (!seen.ok) return { word: unknown(it, 'read', seen.says), hold };
      const now = standing(seen.value);
      if (seen.value === undefined || now.is !== 'mine' || now.number !== number) {
        const word = lost(it, number, now);
        return { word, hold: { is: 'lost', word } };
      }
      const at = clock.now();
      const text = leaseRenewed(seen.value, me, step, at, tookOver);
      // oxlint-disable-next-line no-await-in-loop
      const written = await ask(write(seen.value, text), signal);
      if (!written.seen.ok) {
        return lookAgain({ ...hold, says: written.seen.says, otherwise: hold }, signal);
      }
      if (written.seen.value.is === 'written')
        return { word: held(it, 'renewed', number, at), hold };
    }
    return { word: unknown(it, 'renewed', RESTLESS), hold };
  }

  async function release(
    hold: Extract<Hold, { is: 'held' | 'perhaps' }>,
    signal: AbortSignal,
  ): Promise<Turn> {
    let says = RESTLESS;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      // oxlint-disable-next-line no-await-in-loop -- each attempt follows from the one before
      const { seen } = await ask(read, signal);
      if (!seen.ok) return { word: unknown(it, 'read', seen.says), hold };
      const now = standing(seen.value);
      const mine = now.is === 'mine' && (hold.is === 'perhaps' || now.number === hold.number);
      if (seen.value === undefined || !mine) {
        if (hold.is === 'held' && attempt === 0) {
          const word = lost(it, hold.number, now);
          return { word, hold: { is: 'none' } };
        }
        return { word: released(it, 'it is not held by this run'), hold: { is: 'none' } };
      }
      // oxlint-disable-next-line no-await-in-loop
      const written = await ask(write(seen.value, { number: seen.value.number }), signal);
      if (written.seen.ok && written.seen.value.is === 'written') {
        return { word: released(it, 'given back'), hold: { is: 'none' } };
      }
      if (!written.seen.ok) ({ says } = written.seen);
    }
    return { word: unknown(it, 'given back', says), hold };
  }

  return {
    ...it,
    look: async (signal) => {
      const { seen } = await ask(read, signal);
      const now = seen.ok ? standing(seen.value) : undefined;
      return now?.is === 'theirs' ? now.holder : undefined;
    },
    take,
    renew,
    release,
  };
}
