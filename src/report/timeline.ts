import type { Event, EventOf, EventType } from '../engine/events.ts';
import { isDeed } from '../journal/deed.ts';
import type { Inferred } from './inferred.ts';
import { titled } from './titled.ts';
import type { Titled } from './titled.ts';

/** One row of the timeline. */
export interface Moment {
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string;
  /** `recorded`: an event of the run says it, with its own time. `inferred`: it was read out of what a command printed. */
  readonly mark: 'recorded' | 'inferred';
  readonly event: string;
  /** The event of the journal, or what printed it. */
  readonly source: string;
  /** Something that got in the way of the run itself: an interruption, another life of the tool, a lock. */
  readonly setback?: true;
}

/** What matters to whoever reads it next month: verdicts, decisions, deeds, proofs, notes; not the looks in between. */
export function timelineOf(
  events: readonly Event[],
  inferred: readonly Inferred[],
): readonly Moment[] {
  const recorded = titled(events).flatMap((it): readonly Moment[] => {
    const said = saidOf(it);
    const { event } = it;
    return said === undefined
      ? []
      : [
          {
            at: event.at,
            mark: 'recorded',
            event: said,
            source: `event ${event.seq}`,
            ...(SETBACKS.has(event.type) ? { setback: true } : {}),
          },
        ];
  });
  const read = inferred.map((it): Moment => ({
    at: it.at,
    mark: 'inferred',
    event: it.what,
    source: it.source,
  }));
  // Events that happened at the same moment stay in the order of the journal.
  return [...read, ...recorded].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const SETBACKS: ReadonlySet<EventType> = new Set(['run.interrupted', 'run.resumed', 'lock.judged']);

function saidOf({ event, title, kind }: Titled): string | undefined {
  switch (event.type) {
    case 'run.started':
      return `${event.runbook} begins on ${event.cluster}, by ${event.operator} on ${event.host} (${event.mode})`;
    case 'run.resumed':
      return `gone on with by ${event.operator} on ${event.host}${despite(event)}`;
    case 'run.interrupted':
      return `interrupted: ${event.because}`;
    case 'run.finished':
      return `ended, ${event.result}: ${event.because}`;
    case 'step.entered':
      return event.called === undefined ? undefined : `calls ${event.called.runbook}`;
    case 'step.concluded':
      return concluded(event, title, kind);
    case 'confirmation.answered':
      return answered(event, title);
    case 'intent.written':
      return isDeed(event)
        ? `${event.byHand === true ? 'by hand' : 'sent'}: ${event.about}`
        : undefined;
    case 'effect.judged':
      return `effect ${event.effect}: ${event.because}`;
    case 'operator.answered':
      return `${title}: ${event.answer}, said ${event.by}${noted(event.note)}`;
    case 'operator.noted':
      return `note of ${event.by}: ${event.note}`;
    case 'lock.judged':
      return event.verdict === 'released' || (event.verdict === 'held' && !event.tookOver)
        ? undefined
        : `lock ${event.verdict}, ${event.where}: ${event.because}`;
    case 'guard.judged':
      return event.verdict === 'holds'
        ? undefined
        : `guard ${event.guard} ${event.verdict}: ${event.because}`;
    case 'command.started':
    case 'command.finished':
    case 'step.waiting':
    case 'blast.measured':
    case 'drift.judged':
    case 'action.planned':
    case 'confirmation.asked':
    case 'operator.asked':
      return undefined;
  }
}

const noted = (note: string | undefined): string => (note === undefined ? '' : ` (${note})`);

const despite = ({ despite: what = [], because }: EventOf<'run.resumed'>): string =>
  what.length === 0 ? '' : `, although ${what.join('; ')}${noted(because)}`;

/** Of an action only what is not told by its effect: that it was blocked, declined, left out or tried again. */
function concluded(
  { outcome, because }: EventOf<'step.concluded'>,
  title: string,
  kind: Titled['kind'],
): string | undefined {
  if (kind === 'choice' || kind === 'manual') return undefined;
  if (kind === 'action' && ['confirmed', 'refuted', 'unknown'].includes(outcome)) return undefined;
  return `${title} ${outcome}: ${because}`;
}

function answered(event: EventOf<'confirmation.answered'>, title: string): string {
  if (event.answer === 'expired') return `${title}: nobody answered in time`;
  if (event.answer === 'voided') return `${title}: the question was taken back`;
  const hand = event.byHand === true ? ', by hand' : '';
  return `${title}: ${event.answer}${hand}, said ${event.by}${noted(event.note)}`;
}
