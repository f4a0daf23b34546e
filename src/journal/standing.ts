import type { At, Event, EventOf, RunResult } from '../engine/events.ts';
import { isDeed } from './deed.ts';

/** What is known of a step that is under way or comes next; its title, unless the run never came to it. */
export interface NextStep {
  readonly step: string;
  readonly title?: string;
  /** 1 in a runbook that the first one called. */
  readonly depth: number;
}

/** Where a run stands, read off its events alone. */
export interface Standing {
  readonly is: 'open' | 'paused' | 'finished';
  readonly finished?: { readonly result: RunResult; readonly exitCode: number };
  /** What was issued and whose effect nobody has judged yet, in the words of the commands. */
  readonly doubt: readonly string[];
  /** Where it goes on; absent where it is over. */
  readonly next?: NextStep;
}

/** Ends from which a run can be gone on with: it was stopped, not finished by its runbook. */
const PAUSED: readonly RunResult[] = [
  'aborted',
  'interrupted',
  'in-doubt',
  'needs-approval',
  'not-as-planned',
  'failed',
  'locked',
];

const same = (a: At, b: At): boolean =>
  a.step === b.step && a.visit === b.visit && a.depth === b.depth;

/**
 * Where a run stands. It is open as long as it has not finished, and paused where it finished on its way; the same run is
 * finished, paused and finished again where somebody went on with it.
 */
export function standingOf(events: readonly Event[]): Standing {
  const turn = events.findLast((it) => it.type === 'run.finished' || it.type === 'run.resumed');
  const doubt = doubtIn(events);
  if (turn?.type === 'run.finished') {
    const finished = { result: turn.result, exitCode: turn.exitCode };
    if (!PAUSED.includes(turn.result)) return { is: 'finished', finished, doubt };
    return { is: 'paused', finished, doubt, ...nextOf(events) };
  }
  return { is: 'open', doubt, ...nextOf(events) };
}

/** An action's commands are in doubt from their intent until their effect is known, or the visit was left all the same. */
function doubtIn(events: readonly Event[]): readonly string[] {
  let open: readonly EventOf<'intent.written'>[] = [];
  for (const event of events) {
    if (isDeed(event)) {
      open = [...open, event];
    } else if (
      event.type === 'step.concluded' ||
      (event.type === 'effect.judged' && event.effect !== 'unknown')
    ) {
      open = open.filter((it) => !same(it, event));
    }
  }
  return open.map((it) => `${it.about} (at ${it.at.slice(11, 19)} UTC)`);
}

function nextOf(events: readonly Event[]): { readonly next?: NextStep } {
  const last = events.findLast((it) => it.type === 'step.entered' || it.type === 'step.concluded');
  if (last === undefined) return {};
  const { depth } = last;
  if (last.type === 'step.entered') {
    return { next: { step: last.step, title: last.title, depth } };
  }
  const known = events.findLast(
    (it) => it.type === 'step.entered' && it.step === last.to && it.depth === depth,
  );
  return known?.type === 'step.entered'
    ? { next: { step: last.to, title: known.title, depth } }
    : { next: { step: last.to, depth } };
}
