import type { Event } from '../engine/events.ts';

/** A check that stood in the way, or could not be made. */
export interface Precondition {
  readonly at: string;
  readonly guard: string;
  readonly verdict: 'fails' | 'unknown';
  readonly because: string;
}

export const preconditionsOf = (events: readonly Event[]): readonly Precondition[] =>
  events.flatMap((it) =>
    it.type === 'guard.judged' && it.verdict !== 'holds'
      ? [{ at: it.at, guard: it.guard, verdict: it.verdict, because: it.because }]
      : [],
  );
