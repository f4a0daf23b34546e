import { SreError } from '../runbook/sre-error.ts';
import { asReason, refuseReason } from '../terminal/reason.ts';

/** A typed reason for what is done only with one; refused where it is none. */
export function reasonFrom(option: string, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const wrong = asReason(typed) === '' ? 'it is empty' : refuseReason(typed);
  if (wrong === undefined) return asReason(typed);
  throw new SreError(
    'no-reason',
    `${option} '${typed}' gives no reason: it is kept in the journal`,
    {
      source: 'operator',
      hint: 'Write at least three words that somebody else understands later.',
    },
  );
}
