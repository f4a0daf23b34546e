import type { Event } from '../engine/events.ts';
import { isDeed } from '../journal/deed.ts';
import { titled } from './titled.ts';

/** A verdict of the run: what the evidence said, in the order in which it was found. */
export interface Finding {
  readonly at: string;
  readonly question: string;
  readonly outcome: string;
  readonly because: string;
}

/** The verdicts of the probes before the first deed: what is known of the cause. */
export function findingsOf(events: readonly Event[]): readonly Finding[] {
  const until = events.find(isDeed)?.seq ?? Number.POSITIVE_INFINITY;
  return titled(events).flatMap(({ event, title, kind }): readonly Finding[] => {
    if (event.type !== 'step.concluded' || event.seq > until || kind !== 'probe') return [];
    const { at, outcome, because } = event;
    return [{ at, question: title, outcome, because }];
  });
}
