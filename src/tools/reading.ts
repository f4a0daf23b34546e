import type { Reading } from '../runbook/command.ts';

/** A reading that failed: why, and a sentence for a person. */
export type Failed = Extract<Reading<unknown>, { ok: false }>;

/** The parser's failure for a reason other than the form of the output. */
export const failed = (why: Failed['why'], says: string): Failed => ({ ok: false, why, says });

/** Goes on with the value of a reading; a failure passes through unchanged. */
export const andThen = <A, B>(reading: Reading<A>, next: (it: A) => Reading<B>): Reading<B> =>
  reading.ok ? next(reading.value) : reading;
