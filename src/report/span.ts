import type { Event } from '../engine/events.ts';

/** How long a run took. */
export interface Span {
  readonly began: string;
  /** Its end, or the last thing that it did; a note that somebody adds later is neither. */
  readonly ended: string;
  /** Milliseconds in which it ran, without those between two lives of the tool. */
  readonly ranMs: number;
  /** Milliseconds in which nobody had it in hand. */
  readonly idleMs: number;
}

export function spanOf(events: readonly Event[]): Span {
  const own = events.filter(({ type }) => type !== 'operator.noted');
  const [first] = own;
  const last = own.at(-1);
  if (first === undefined || last === undefined)
    return { began: '', ended: '', ranMs: 0, idleMs: 0 };
  const idleMs = own.reduce((sum, { type, at }, i) => {
    const before = own[i - 1];
    const idle = type === 'run.resumed' && before !== undefined;
    return idle ? sum + Date.parse(at) - Date.parse(before.at) : sum;
  }, 0);
  const wholeMs = Date.parse(last.at) - Date.parse(first.at);
  return { began: first.at, ended: last.at, ranMs: wholeMs - idleMs, idleMs };
}
