import type { Event, EventOf, Mode, RunResult } from '../engine/events.ts';
import { startOf } from '../journal/start.ts';
import { standingOf } from '../journal/standing.ts';
import { changesOf } from './changes.ts';
import type { Change } from './changes.ts';
import { decisionsOf } from './decisions.ts';
import type { Decision } from './decisions.ts';
import { deedsOf } from './deeds.ts';
import { evidenceOf } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { findingsOf } from './findings.ts';
import type { Finding } from './findings.ts';
import { inferredFrom } from './inferred.ts';
import { leftBy } from './left.ts';
import type { Left } from './left.ts';
import { numbersOf } from './numbers.ts';
import type { Numbers } from './numbers.ts';
import { podCounts } from './pods.ts';
import type { PodCounts } from './pods.ts';
import { preconditionsOf } from './preconditions.ts';
import type { Precondition } from './preconditions.ts';
import { ranIn } from './ran.ts';
import { severityOf } from './severity.ts';
import type { Severity } from './severity.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';
import { timelineOf } from './timeline.ts';
import type { Moment } from './timeline.ts';

/** Everything that the journal of a run has for a post-mortem, as data; the documents are written from it. */
export interface Report extends Span {
  readonly run: string;
  readonly runbook: string;
  readonly cluster: string;
  readonly mode: Mode;
  readonly lab?: { readonly scenario: string; readonly seed: number };
  /** `user@host`, everybody who had the run in hand. */
  readonly operators: readonly string[];
  readonly standing: 'open' | 'paused' | 'finished';
  readonly result?: RunResult;
  readonly because?: string;
  readonly severity: Severity;
  readonly findings: readonly Finding[];
  readonly numbers: Numbers;
  readonly pods: PodCounts;
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
  const { is, finished } = standingOf(events);
  const ran = ranIn(events);
  const inferred = inferredFrom(ran, started.at);
  const deeds = deedsOf(events, ran);
  const done = deeds.find(({ by }) => by !== 'nobody');
  const pods = podCounts(ran, done?.intent.at);
  const end = events.findLast((it): it is EventOf<'run.finished'> => it.type === 'run.finished');
  return {
    run,
    runbook: started.runbook,
    cluster: started.cluster,
    mode: started.mode,
    ...(started.lab === undefined ? {} : { lab: started.lab }),
    operators: operatorsOf(events),
    ...spanOf(events),
    standing: is,
    ...(finished === undefined ? {} : { result: finished.result }),
    ...(end === undefined || is === 'open' ? {} : { because: end.because }),
    severity: severityOf(events, ran, pods.before),
    findings: findingsOf(events),
    numbers: numbersOf(events, ran, deeds, inferred),
    pods,
    timeline: timelineOf(events, inferred),
    decisions: decisionsOf(events),
    preconditions: preconditionsOf(events),
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
