import { expect } from 'vitest';
import { decide, tick } from '../../../src/engine/advance.ts';
import { apply, initial } from '../../../src/engine/apply.ts';
import type { Event } from '../../../src/engine/events.ts';
import type { Next } from '../../../src/engine/next.ts';
import type { State } from '../../../src/engine/state.ts';
import type { Library } from '../../../src/runbook/load.ts';
import { render } from '../../../src/runbook/render.ts';

/** Events that come from outside: nothing in the state foretells them. */
const FROM_OUTSIDE: readonly Event['type'][] = ['run.interrupted', 'run.resumed', 'run.started'];

/**
 * Folds every prefix of a journal anew and asks what is next: it must be what happened next. So a run that is resumed at
 * any point decides as the one that was recorded. Returns how many events were checked.
 */
export function decidesAsRecorded(library: Library, events: readonly Event[]): number {
  let state = initial;
  for (const event of events) {
    if (!FROM_OUTSIDE.includes(event.type)) agrees(nextAt(library, state, event), event);
    state = apply(state, event);
  }
  return events.length;
}

/** The decision that led to an event: where something waited, the one after the wait. */
function nextAt(library: Library, state: State, event: Event): Next {
  const next = decideOrFail(library, state);
  if (next.do !== 'wait') return next;
  expect(Date.parse(event.at)).toBeGreaterThanOrEqual(next.until);
  // What was asked after the wait was asked at the time that its look says.
  const since = 'since' in event && event.since !== undefined ? Date.parse(event.since) : undefined;
  return decideOrFail(library, tick(state, since ?? next.until));
}

/** A fault of a runbook is decided by the loop: it ends the run. */
function decideOrFail(library: Library, state: State): Next {
  try {
    return decide(library, state);
  } catch {
    return { do: 'nothing' };
  }
}

function agrees(next: Next, event: Event): void {
  switch (next.do) {
    case 'record':
      expect(event).toMatchObject(next.happening);
      return;
    case 'run': {
      expect(['command.started', 'command.finished']).toContain(event.type);
      if (event.type !== 'command.started' && event.type !== 'command.finished') return;
      const due = next.due.find(({ key }) => key === event.key);
      expect(event).toMatchObject({ purpose: next.purpose, sample: next.sample, ...next.at });
      expect(due?.command.id).toBe(event.command);
      if (event.type === 'command.started') {
        expect(event.argv).toBe(due === undefined ? '' : render(due.command).line);
      }
      return;
    }
    case 'confirm':
      // Nobody to ask ends the run without an answer.
      expect(['confirmation.answered', 'run.finished']).toContain(event.type);
      return;
    case 'question':
      expect(['operator.answered', 'run.finished']).toContain(event.type);
      return;
    case 'wait':
      throw new Error(`${event.type} came before the wait was over`);
    case 'nothing':
      // The loop's own end of a faulty run.
      expect(event).toMatchObject({ type: 'run.finished' });
  }
}
