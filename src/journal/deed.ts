import type { Event, EventOf } from '../engine/events.ts';

/** Whether an event is the intent of a change: of what the operator confirmed, not of a canary or a test mount. */
export const isDeed = (event: Event): event is EventOf<'intent.written'> =>
  event.type === 'intent.written' && event.does === 'mutates' && event.purpose === 'act';
