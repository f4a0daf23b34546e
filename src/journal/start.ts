import type { Event, EventOf } from '../engine/events.ts';
import { SreError } from '../runbook/sre-error.ts';

/** The start of a run, which is its first event. Refuses a journal that was begun and holds none. */
export function startOf(events: readonly Event[], run: string): EventOf<'run.started'> {
  const [started] = events;
  if (started?.type === 'run.started') return started;
  throw new SreError('no-start', `run ${run} holds no start: nothing was done in it`, {
    source: 'operator',
    hint: 'begin a new one with `sre runbook`',
  });
}
