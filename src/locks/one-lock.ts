import type { LockHolder, LockWord, TakeOver } from '../engine/ports.ts';

/** Who wants the locks. */
export interface Me {
  /** The run's id. */
  readonly run: string;
  /** `user@host`. */
  readonly owner: string;
  readonly runbook: string;
}

/** What is known of one lock from the last time that it was asked. */
export type Hold =
  /** Never had, or given back. */
  | { readonly is: 'none' }
  /** A write was sent and its answer never came: it may be this run's. */
  | { readonly is: 'perhaps' }
  | { readonly is: 'held'; readonly number: number; readonly tookOver?: TakeOver }
  /** It was this run's, and is not any more: for the rest of the run. */
  | { readonly is: 'lost'; readonly word: LockWord };

/** What came of asking one lock. */
export interface Turn {
  readonly word: LockWord;
  readonly hold: Hold;
}

/** A write that failed and may have been done all the same. */
export interface Doubtful {
  /** The number that it would have; absent: its host gives it. */
  readonly number?: number;
  readonly tookOver?: TakeOver;
  readonly says: string;
  /** What is known of the lock where reading it back does not settle it; `held`: the write was a renewal. */
  readonly otherwise: Hold;
}

/** The reason with which a holder that is expired may be replaced; `undefined`: it may not. */
export type Permit = (holder: LockHolder) => string | undefined;

/** One lock, whatever it is made of. No member rejects. */
export interface OneLock {
  readonly lock: LockWord['lock'];
  readonly where: string;
  /** Another run's holding, by a look that changes nothing; `undefined` also where it cannot be read. */
  readonly look: (signal: AbortSignal) => Promise<LockHolder | undefined>;
  readonly take: (purpose: string, permit: Permit, signal: AbortSignal) => Promise<Turn>;
  readonly renew: (
    hold: Extract<Hold, { is: 'held' }>,
    purpose: string,
    signal: AbortSignal,
  ) => Promise<Turn>;
  readonly release: (
    hold: Extract<Hold, { is: 'held' | 'perhaps' }>,
    signal: AbortSignal,
  ) => Promise<Turn>;
}
