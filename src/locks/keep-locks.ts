import type { Clock, LockReport, Locks, LockWord, Performer } from '../engine/ports.ts';
import type { Site } from '../runbook/site.ts';
import { askOf } from './ask.ts';
import { refusalOf } from './decide.ts';
import { hostLock } from './host-lock.ts';
import { leaseLock } from './lease-lock.ts';
import type { Hold, Me, OneLock, Permit } from './one-lock.ts';
import { refused } from './words.ts';

/** What a keeper of locks is made from. */
export interface Keeping {
  readonly site: Site;
  readonly me: Me;
  readonly performer: Performer;
  readonly clock: Clock;
  /** The operator's reason to take over a lock that is expired; left out: none is taken over. */
  readonly takeOver?: string;
}

const report = (words: readonly LockWord[]): LockReport => {
  const refusal = refusalOf(words);
  return refusal === undefined ? { words } : { words, refusal };
};

/**
 * Keeps the locks of one run: the Lease of the cluster, and a directory on every hypervisor of the inventory. They are
 * tried in one order by everybody, and the first that another run has ends it: two runs never wait for each other.
 */
export const keepLocks = (keeping: Keeping): Locks => new Keeper(keeping);

/** Holds what is known of each lock; everything that is decided from it is decided elsewhere. */
class Keeper implements Locks {
  readonly #locks: readonly OneLock[];
  readonly #holds = new Map<OneLock, Hold>();
  readonly #reason: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ site, me, performer, clock, takeOver }: Keeping) {
    const ask = askOf(performer, clock);
    this.#reason = takeOver?.trim() || undefined;
    this.#locks = [
      leaseLock(site, me, ask, clock),
      ...[...new Set(site.pve?.hosts)].toSorted().map((host) => hostLock(host, me, ask, clock)),
    ];
  }

  readonly take = (purpose: string, signal: AbortSignal): Promise<LockReport> =>
    this.#inTurn(() => this.#take(purpose, signal));

  readonly renew = (purpose: string, signal: AbortSignal): Promise<LockReport> =>
    this.#inTurn(() => this.#renew(purpose, signal));

  readonly release = (signal: AbortSignal): Promise<LockReport> =>
    this.#inTurn(async () => ({ words: await this.#release(signal) }));

  /** A heartbeat and a gate may come at the same moment: one goes after the other. */
  #inTurn<T>(what: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(what, what);
    this.#queue = turn;
    return turn;
  }

  #holdOf(lock: OneLock): Hold {
    return this.#holds.get(lock) ?? { is: 'none' };
  }

  async #take(purpose: string, signal: AbortSignal): Promise<LockReport> {
    const alive = await this.#alive(signal);
    if (alive !== undefined) return report([alive]);
    const words = await this.#each(purpose, () => this.#reason, signal);
    const taken = report(words);
    if (taken.refusal === undefined) return taken;
    const back = new Map((await this.#release(signal)).map((word) => [word.where, word]));
    return {
      ...taken,
      words: words.map((word) => (word.verdict === 'held' ? (back.get(word.where) ?? word) : word)),
    };
  }

  /**
   * Before anything is taken over, all locks are looked at: a run that lost its heartbeat on one and keeps it on another is
   * alive, and what it has is not to be touched.
   */
  async #alive(signal: AbortSignal): Promise<LockWord | undefined> {
    if (this.#reason === undefined) return undefined;
    for (const lock of this.#locks) {
      // oxlint-disable-next-line no-await-in-loop -- in one order, and no further than needed
      const holder = await lock.look(signal);
      if (holder !== undefined && !holder.expired)
        return refused({ lock: lock.lock, where: lock.where }, holder);
    }
    return undefined;
  }

  async #renew(purpose: string, signal: AbortSignal): Promise<LockReport> {
    // The reason was typed about the run that was replaced at the start, and holds for no other one.
    const replaced = [...this.#holds.values()].flatMap((hold) =>
      hold.is === 'held' && hold.tookOver?.from.run !== undefined ? [hold.tookOver.from.run] : [],
    );
    const permit: Permit = ({ run }) =>
      run !== undefined && replaced.includes(run) ? this.#reason : undefined;
    return report(await this.#each(purpose, permit, signal));
  }

  /** Asks each lock in turn: takes it, renews it, or repeats that it was lost. */
  async #each(purpose: string, permit: Permit, signal: AbortSignal): Promise<readonly LockWord[]> {
    const words: LockWord[] = [];
    for (const lock of this.#locks) {
      const hold = this.#holdOf(lock);
      if (hold.is === 'lost') {
        words.push(hold.word);
      } else {
        // oxlint-disable-next-line no-await-in-loop -- in one order, and no further than needed
        const turn = await (hold.is === 'held'
          ? lock.renew(hold, purpose, signal)
          : lock.take(purpose, permit, signal));
        // What may have been written once still may, for as long as it cannot be read.
        const kept = hold.is === 'perhaps' && turn.word.verdict === 'unknown';
        this.#holds.set(lock, kept ? hold : turn.hold);
        words.push(turn.word);
      }
      const last = words.at(-1)?.verdict;
      if (last === 'refused' || last === 'lost') break;
    }
    return words;
  }

  async #release(signal: AbortSignal): Promise<readonly LockWord[]> {
    const words: LockWord[] = [];
    for (const lock of this.#locks.toReversed()) {
      const hold = this.#holdOf(lock);
      if (hold.is === 'held' || hold.is === 'perhaps') {
        // oxlint-disable-next-line no-await-in-loop -- the way back, one by one
        const turn = await lock.release(hold, signal);
        this.#holds.set(lock, turn.hold);
        words.push(turn.word);
      }
    }
    return words.toReversed();
  }
}
