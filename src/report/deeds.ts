import type { Event, EventOf } from '../engine/events.ts';
import { isDeed } from '../journal/deed.ts';
import { placeOf } from './ran.ts';
import type { Ran } from './ran.ts';

/** A change that was meant, and who was to make it. */
export interface Deed {
  readonly intent: EventOf<'intent.written'>;
  /** `tool`: its command left, as far as anybody knows. `hand`: a person was to do it. `nobody`: it never began. */
  readonly by: 'tool' | 'hand' | 'nobody';
}

/** All of them, in order. One without an answer counts as sent: it may have left before the tool was killed. */
export function deedsOf(events: readonly Event[], ran: readonly Ran[]): readonly Deed[] {
  const ended = new Map(ran.map((it) => [it.place, it.ending.how]));
  return events.filter(isDeed).map((intent) => {
    if (intent.byHand === true) return { intent, by: 'hand' };
    return { intent, by: ended.get(placeOf(intent)) === 'refused' ? 'nobody' : 'tool' };
  });
}
