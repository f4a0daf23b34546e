import { sanitise } from './sanitise.ts';

/** A typed reason is kept with the yes: long enough that somebody else understands it later. Pure. */

const WORDS = 3;
const CHARACTERS = 10;

/** A reason as it is journalled: safe to show, bounded, without blanks around it. */
export const asReason = (typed: string): string => sanitise(typed, { max: 500 }).trim();

/** Why a typed reason is none; `undefined` where it is one. An empty line is none, and goes back. */
export function refuseReason(typed: string): string | undefined {
  const reason = asReason(typed);
  if (reason === '') return undefined;
  const words = reason.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  if (words >= WORDS && reason.length >= CHARACTERS) return undefined;
  return `that is no reason yet: expected at least ${WORDS} words and ${CHARACTERS} characters; Enter alone goes back`;
}
