import type { Event, EventType } from '../engine/events.ts';

/** What of a run's past is said again when it is gone on with: its way so far, and everything that was decided and done. */
const RETOLD: readonly EventType[] = [
  'run.started',
  'step.concluded',
  'confirmation.answered',
  'effect.judged',
  'operator.answered',
  'operator.noted',
  'run.interrupted',
  'run.resumed',
];

/** Whether an event of an earlier life is said again. What was sent is, and what was only looked at is not. */
export const retold = (event: Event): boolean =>
  RETOLD.includes(event.type) || (event.type === 'intent.written' && event.does === 'mutates');
