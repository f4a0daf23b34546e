import { decide, tick } from '../engine/advance.ts';
import { apply, initial } from '../engine/apply.ts';
import type { Event, EventOf, EventType, Mode } from '../engine/events.ts';
import { gateOf } from '../engine/held-locks.ts';
import type { Next } from '../engine/next.ts';
import type { State } from '../engine/state.ts';
import { differences } from '../journal/differences.ts';
import type { Library } from '../runbook/load.ts';
import { render } from '../runbook/render.ts';
import { asKept } from './likeness.ts';
import { happeningOf, told, toldNext } from './told.ts';
import { wayOf } from './way.ts';

/** Where today's runbook does not do what the run did. */
export interface Departure {
  /** The event of the journal that differs. */
  readonly seq: number;
  /** When it happened: ISO 8601, UTC. */
  readonly at: string;
  /** The title of the step, as it was recorded. */
  readonly step?: string;
  /** What the run did, one line. */
  readonly recorded: string;
  /** What would be done today, one line. */
  readonly today: string;
  /** What of it differs: `to: "remove" is now "wait"`; empty where the two are not of one kind. */
  readonly differs: readonly string[];
}

/** A run laid beside today's runbooks. */
export interface Replayed {
  /** How many events were laid beside what would be decided today. */
  readonly compared: number;
  /** The same way with other words, times or facts. */
  readonly otherwise: readonly Departure[];
  /** Where it goes another way. From there the recording has no answers any more. */
  readonly departs?: Departure;
  /** How many events come after that: they were not compared. */
  readonly unreached: number;
}

/** Nothing in the state foretells these. */
const FROM_OUTSIDE: ReadonlySet<EventType> = new Set([
  'run.started',
  'run.resumed',
  'run.interrupted',
  'operator.noted',
  'lock.judged',
]);

/** How two things compare: alike, alike but for words, or another way. */
type Compared =
  | { readonly is: 'same' }
  | {
      readonly is: 'otherwise' | 'departs';
      readonly today: string;
      readonly differs: readonly string[];
    };

const SAME: Compared = { is: 'same' };
const departs = (today: string, differs: readonly string[] = []): Compared => ({
  is: 'departs',
  today,
  differs,
});

/**
 * Feeds a run's events, outputs included, to today's runbooks and lays each decision beside what was recorded. Answers, waits,
 * interruptions and locks come from outside and are taken as they were. Pure; a runbook that throws is told, not thrown.
 */
export function replay(library: Library, events: readonly Event[]): Replayed {
  const otherwise: Departure[] = [];
  let state = initial;
  const titles = new Map<string, string>();
  let compared = 0;
  for (const [i, event] of events.entries()) {
    if (event.type === 'step.entered') titles.set(stepOf(event), event.title);
    if (!FROM_OUTSIDE.has(event.type)) {
      compared += 1;
      const found = compare(library, state, event);
      if (found.is !== 'same') {
        const departure = departureOf(event, titles.get(stepOf(event)), found);
        if (found.is === 'departs') {
          return { compared, otherwise, departs: departure, unreached: events.length - i - 1 };
        }
        otherwise.push(departure);
      }
    }
    state = apply(state, event);
  }
  return { compared, otherwise, unreached: 0 };
}

const stepOf = (event: Event): string => ('step' in event ? `${event.depth}/${event.step}` : '');

function departureOf(
  event: Event,
  step: string | undefined,
  { today, differs }: Exclude<Compared, { is: 'same' }>,
): Departure {
  const recorded = told(happeningOf(event));
  return {
    seq: event.seq,
    at: event.at,
    ...(step === undefined ? {} : { step }),
    recorded,
    today,
    differs,
  };
}

/** Whatever of today's runbook throws, its commands and cards included, is a fault of it and told as one. */
function compare(library: Library, state: State, event: Event): Compared {
  try {
    return compareNext(nextAt(library, state, event), event, state.mode);
  } catch (error) {
    return faulty(event, error instanceof Error ? error.message : String(error));
  }
}

function compareNext(next: Next, event: Event, mode: Mode): Compared {
  if (endedByLoop(event, next, mode)) return SAME;
  switch (next.do) {
    case 'record':
      return compareHappening(next, event);
    case 'run':
      return compareCommand(next, event);
    case 'confirm':
      return event.type === 'confirmation.answered' ? SAME : departs(toldNext(next));
    case 'question':
      return event.type === 'operator.answered' ? SAME : departs(toldNext(next));
    case 'wait':
    case 'nothing':
      return departs(toldNext(next));
  }
}

/** The decision that led to an event: where something waited, the one after the wait. */
function nextAt(library: Library, state: State, event: Event): Next {
  const next = decide(library, state);
  if (next.do !== 'wait') return next;
  // What was asked after a wait was asked at the time that its look says.
  const since = 'since' in event && event.since !== undefined ? Date.parse(event.since) : undefined;
  return decide(library, tick(state, since ?? Math.min(next.until, Date.parse(event.at))));
}

/** A fault of the runbook ended the run then as well, if that is what was recorded. */
function faulty(event: Event, message: string): Compared {
  const then = event.type === 'run.finished' && event.because.includes(message);
  return then ? SAME : departs(`cannot go on: ${message}`);
}

/**
 * The loop itself ends a run that has nobody to ask, is held to a plan that has it otherwise, or has no lock before something
 * that needs one: the runbook would have gone on.
 * Where something was issued and not judged by then, it is in doubt.
 */
function endedByLoop(event: Event, next: Next, mode: Mode): boolean {
  if (event.type !== 'run.finished') return false;
  const { result } = event;
  const asks = next.do === 'confirm' || next.do === 'question';
  if (result === 'needs-approval' || result === 'not-as-planned') return asks;
  const gated = gateOf(next, mode) !== undefined;
  return result === 'locked' ? gated : result === 'in-doubt' && (gated || asks);
}

function compareHappening(next: Extract<Next, { do: 'record' }>, event: Event): Compared {
  const recorded = happeningOf(event);
  if (next.happening.type !== recorded.type) return departs(toldNext(next));
  const ways = differences(wayOf(recorded), asKept(wayOf(next.happening), wayOf(recorded)));
  if (ways.length > 0) return departs(toldNext(next), ways);
  const words = differences(recorded, asKept(next.happening, recorded));
  return words.length === 0 ? SAME : { is: 'otherwise', today: toldNext(next), differs: words };
}

function compareCommand(next: Extract<Next, { do: 'run' }>, event: Event): Compared {
  if (event.type !== 'command.started' && event.type !== 'command.finished') {
    return departs(`first ${toldNext(next)}`);
  }
  const due = next.due.find(({ key }) => key === event.key);
  if (due === undefined) return departs(toldNext(next));
  const asked = { purpose: next.purpose, sample: next.sample, step: next.at.step };
  const was = { purpose: event.purpose, sample: event.sample, step: event.step };
  const order = differences(was, asked);
  if (order.length > 0) return departs(toldNext(next), order);
  return event.type === 'command.finished' ? SAME : compareLine(due.command, event);
}

function compareLine(
  command: Extract<Next, { do: 'run' }>['due'][number]['command'],
  event: EventOf<'command.started'>,
): Compared {
  const { line, where } = render(command);
  const { argv, where: then, does, about, deadlineMs } = event;
  const recorded = { argv, where: then, does };
  const ways = differences(recorded, asKept({ argv: line, where, does: command.does }, recorded));
  if (ways.length > 0) return departs(`runs \`${line}\` on ${where}`, ways);
  const words = differences(
    { about, deadlineMs },
    asKept({ about: command.about, deadlineMs: command.deadlineMs }, { about }),
  );
  return words.length === 0 ? SAME : { is: 'otherwise', today: `runs \`${line}\``, differs: words };
}
