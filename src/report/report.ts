import type { Event, EventOf, Mode, RunResult } from '../engine/events.ts';
import { startOf } from '../journal/start.ts';
import { standingOf } from '../journal/standing.ts';
import { changesOf } from './changes.ts';
import type { Change } from './changes.ts';
import { decisionsOf } from './decisions.ts';
import type { Decision } from './decisions.ts';
import { evidenceOf } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { inferredFrom } from './inferred.ts';
import { leftBy } from './left.ts';
import type { Left } from './left.ts';
import { numbersOf } from './numbers.ts';
import type { Numbers } from './numbers.ts';
import { podCounts } from './pods.ts';
import type { PodCount } from './pods.ts';
import { ranIn } from './said.ts';
import { severityOf } from './severity.ts';
import type { Severity } from './severity.ts';
import { timelineOf } from './timeline.ts';
import { titled } from './titled.ts';
import type { Moment } from './timeline.ts';

/** A check that stood in the way, or could not be made. */
export interface Precondition {
  readonly at: string;
  readonly guard: string;
  readonly verdict: 'fails' | 'unknown';
  readonly because: string;
}

/** A verdict of the run: what the evidence said, in the order in which it was found. */
export interface Finding {
  readonly at: string;
  readonly question: string;
  readonly outcome: string;
  readonly because: string;
}

/** Everything that the journal of a run has for a post-mortem, as data; the documents are written from it. */
export interface Report {
  readonly run: string;
  readonly runbook: string;
  readonly cluster: string;
  readonly mode: Mode;
  readonly lab?: { readonly scenario: string; readonly seed: number };
  /** `user@host`, everybody who had the run in hand. */
  readonly operators: readonly string[];
  readonly began: string;
  /** The last event. */
  readonly ended: string;
  readonly durationMs: number;
  readonly standing: 'open' | 'paused' | 'finished';
  readonly result?: RunResult;
  readonly because?: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  readonly numbers: Numbers;
  readonly pods?: { readonly before: PodCount; readonly after: PodCount };
  readonly timeline: readonly Moment[];
  readonly decisions: readonly Decision[];
  readonly preconditions: readonly Precondition[];
  readonly changes: readonly Change[];
  readonly left: Left;
  readonly evidence: readonly Evidence[];
}

/** Makes the report of a run from its events, outputs included. Pure; refuses a journal that holds no start. */
export function reportOf(events: readonly Event[], run: string): Report {
  const started = startOf(events, run);
  const ended = events.at(-1)?.at ?? started.at;
  const { is, finished } = standingOf(events);
  const ran = ranIn(events);
  const inferred = inferredFrom(ran, started.at);
  const pods = podCounts(ran);
  const end = events.findLast((it): it is EventOf<'run.finished'> => it.type === 'run.finished');
  return {
    run,
    runbook: started.runbook,
    cluster: started.cluster,
    mode: started.mode,
    ...(started.lab === undefined ? {} : { lab: started.lab }),
    operators: operatorsOf(events),
    began: started.at,
    ended,
    durationMs: Date.parse(ended) - Date.parse(started.at),
    standing: is,
    ...(finished === undefined ? {} : { result: finished.result }),
    ...(end === undefined || is === 'open' ? {} : { because: end.because }),
    severity: severityOf(events, ran, pods?.before),
    findings: findingsOf(events),
    numbers: numbersOf(events, ran, inferred),
    ...(pods === undefined ? {} : { pods }),
    timeline: timelineOf(events, inferred),
    decisions: decisionsOf(events),
    preconditions: events.flatMap((it): readonly Precondition[] =>
      it.type === 'guard.judged' && it.verdict !== 'holds'
        ? [{ at: it.at, guard: it.guard, verdict: it.verdict, because: it.because }]
        : [],
    ),
    changes: changesOf(events),
    left: leftBy(events),
    evidence: evidenceOf(ran),
  };
}

function operatorsOf(events: readonly Event[]): readonly string[] {
  const all = events.flatMap((it) =>
    it.type === 'run.started' || it.type === 'run.resumed' ? [`${it.operator}@${it.host}`] : [],
  );
  return [...new Set(all)];
}

/** The verdicts of the probes before the first deed: what is known of the cause. */
function findingsOf(events: readonly Event[]): readonly Finding[] {
  const deed = events.find(
    (it) => it.type === 'intent.written' && it.does === 'mutates' && it.purpose === 'act',
  );
  const until = deed?.seq ?? Number.POSITIVE_INFINITY;
  return titled(events).flatMap(({ event, title, kind }): readonly Finding[] => {
    if (event.type !== 'step.concluded' || event.seq > until || kind !== 'probe') return [];
    const { at, outcome, because } = event;
    return [{ at, question: title, outcome, because }];
  });
}
