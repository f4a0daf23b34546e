import type { Does, Ending } from '../runbook/command.ts';
import type { Rendered } from '../runbook/render.ts';
import type { Site } from '../runbook/site.ts';
import type {
  BlastRadius,
  Drift,
  FollowUp,
  Judgement,
  Result,
  Risk,
  Step,
  Target,
  Verdict,
} from '../runbook/step.ts';
import type { LockWord } from './locks.ts';

/**
 * The one stream that renderers, `--json` and the journal share. Names and fields are a contract: fields are added freely
 * and never renamed (DESIGN, Events). Every event of a run carries {@link Stamp}; where it belongs to a step, {@link At}.
 */

/** Set by the loop when the event is appended. */
export interface Stamp {
  readonly run: string;
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string;
}

/** Which visit of which step of which runbook. `depth` is 0 in the runbook that was started, 1 in one that it calls. */
export interface At {
  readonly step: string;
  readonly visit: number;
  readonly depth: number;
}

export type Mode = 'live' | 'lab' | 'plan';

/** Why a command was run. */
export type Purpose =
  | 'observe'
  | 'capture'
  | 'guard'
  | 'blast'
  | 'drift'
  | 'identity-before'
  | 'act'
  | 'identity-after'
  | 'verify';

/** Output as it is journalled: whole, or a reference to a file of the run's folder where it is large. */
export type Output =
  | { readonly stdout: string; readonly stderr: string; readonly truncated: boolean }
  | {
      readonly ref: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly truncated: boolean;
    };

/** Exactly what a confirmation shows (DESIGN: promise 5). */
export interface Card {
  readonly title: string;
  readonly risk: Risk;
  readonly target: Target;
  readonly commands: readonly Rendered[];
  readonly breaks: BlastRadius;
  readonly guards: readonly ({ readonly name: string } & Verdict)[];
  /** What the drift gate saw, when, and how long that is good for. */
  readonly evidence: {
    readonly because: string;
    readonly seenAt: string;
    readonly limitMs: number;
  };
  readonly proof: string;
  readonly undo: string;
  readonly warning?: string;
  /** The question to which the operator types a reason with the yes; without one the yes counts as declined. */
  readonly reason?: string;
  /** Whether the step has a `skipped` edge. */
  readonly skippable: boolean;
}

export type Answer = 'yes' | 'no' | 'expired' | 'voided' | 'skip' | 'abort';

/** What the operator is asked besides confirmations. */
export type Question =
  | {
      readonly about: 'choice';
      readonly question: string;
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly about: 'manual';
      readonly title: string;
      /** What to do, in sentences. */
      readonly instructions: readonly string[];
      /** What to run: each a line for a POSIX shell, to be shown as it is, so that it can be copied. */
      readonly commands?: readonly { readonly where: string; readonly line: string }[];
    }
  /** The effect of an action is unknown, or a person's work could not be verified. */
  | {
      readonly about: 'doubt';
      readonly title: string;
      readonly because: string;
      readonly options: Readonly<Record<'probe' | 'by-hand' | 'abort', string>> & {
        /** Where the action has a `doubtful` edge: to go on with the probe that it leads to. */
        readonly examine?: string;
      };
    }
  /** A step came to nothing: an action was refuted or blocked, or a probe that ends the run could not read everything. */
  | {
      readonly about: 'failure';
      readonly title: string;
      readonly outcome: string;
      readonly because: string;
      /** The tool was stopped between the intent and the answer to it: the command may never have left. */
      readonly cutOff?: true;
      readonly options: FailureOptions;
    };

/** What may be done about a failure; `go-on` takes the edge that the runbook has for it. */
export type FailureAnswer = 'retry' | 'probe' | 'by-hand' | 'skip' | 'go-on' | 'abort';
export type FailureOptions = Readonly<
  Partial<Record<FailureAnswer, string>> & Record<'go-on' | 'abort', string>
>;

export type RunResult =
  | Result
  | 'planned'
  | 'aborted'
  | 'in-doubt'
  | 'interrupted'
  | 'needs-approval'
  | 'not-as-planned'
  /** Another run has the cluster, or no lock that would keep others out could be had. */
  | 'locked'
  | 'failed';

type StepEvent =
  | {
      readonly type: 'step.entered';
      readonly kind: Step['kind'];
      readonly title: string;
      readonly predicted?: true;
      /** Set on the first step of a called runbook: which one, and with what. */
      readonly called?: {
        readonly runbook: string;
        readonly title?: string;
        readonly params: unknown;
      };
    }
  | {
      readonly type: 'command.started';
      /** The family: `kubectl.pods`. */
      readonly command: string;
      /** Its place in the step's query: `pods`, `health.vault-0`. */
      readonly key: string;
      readonly purpose: Purpose;
      /** Which look of this visit, from 0. */
      readonly sample: number;
      readonly about: string;
      readonly where: string;
      /** The line as it runs on that machine. */
      readonly argv: string;
      readonly does: Does;
      readonly deadlineMs: number;
      /** When its look began, by the `now` it was made with; without it, at this event. */
      readonly since?: string;
    }
  | {
      readonly type: 'command.finished';
      readonly command: string;
      readonly key: string;
      readonly purpose: Purpose;
      readonly sample: number;
      readonly ending: Ending;
      readonly durationMs: number;
      readonly output: Output;
      /** As in `command.started`, where a command was withheld and none started. */
      readonly since?: string;
    }
  /** Between two looks of a watching probe. */
  | {
      readonly type: 'step.waiting';
      readonly because: string;
      readonly sample: number;
      readonly until: string;
    }
  | {
      readonly type: 'step.concluded';
      readonly outcome: string;
      readonly because: string;
      readonly facts: Readonly<Record<string, unknown>>;
      /** When the evidence of these facts was seen. */
      readonly seenAt: string;
      readonly to: string;
      readonly predicted?: true;
      /** What a called runbook left to do. */
      readonly left?: readonly string[];
      /** What an action may have left whose effect stayed unknown. */
      readonly leaves?: readonly FollowUp[];
    }
  | ({ readonly type: 'guard.judged'; readonly guard: string } & Verdict)
  | ({ readonly type: 'blast.measured' } & BlastRadius)
  /** The gate before the confirmation (`before`) and after it (`after`). */
  | ({
      readonly type: 'drift.judged';
      readonly gate: 'before' | 'after';
      readonly seenAt: string;
    } & Drift)
  /** A plan's word on an action: what would be asked. `predicted` where facts are not known yet. */
  | { readonly type: 'action.planned'; readonly card: Card; readonly predicted?: true }
  | { readonly type: 'confirmation.asked'; readonly card: Card; readonly expiresAt: string }
  | {
      readonly type: 'confirmation.answered';
      readonly answer: Answer;
      readonly by: string;
      readonly note?: string;
      /** The operator does it; the tool only proves it. */
      readonly byHand?: true;
    }
  | {
      readonly type: 'intent.written';
      readonly command: string;
      readonly key: string;
      readonly argv: string;
      /** What stands on its standard input: of a delete, the UID it is pinned to. */
      readonly stdin?: string;
      readonly where: string;
      readonly does: Does;
      readonly purpose: Purpose;
      readonly sample: number;
      readonly about: string;
      readonly target: string;
      readonly before: Readonly<Record<string, unknown>>;
      readonly byHand?: true;
      /** A refusal of this one does not keep the commands after it back. */
      readonly independent?: true;
      /** As in `command.started`. */
      readonly since?: string;
    }
  | ({
      readonly type: 'effect.judged';
      readonly before: Readonly<Record<string, unknown>>;
      readonly after: Readonly<Record<string, unknown>>;
      readonly leaves: readonly FollowUp[];
      /** The ids of follow-ups that this takes care of; absent in journals from before there were any. */
      readonly settles?: readonly string[];
    } & Pick<Judgement, 'effect' | 'because'>)
  | { readonly type: 'operator.asked'; readonly question: Question }
  | {
      readonly type: 'operator.answered';
      readonly answer: string;
      readonly by: string;
      readonly note?: string;
    };

type RunEvent =
  | {
      readonly type: 'run.started';
      readonly runbook: string;
      readonly version: number;
      readonly digest: string;
      readonly params: unknown;
      readonly mode: Mode;
      readonly cluster: string;
      /** The digest of the inventory, and the place it describes: the fold of a journal needs nothing else. */
      readonly inventory: string;
      readonly site: Site;
      readonly operator: string;
      readonly host: string;
      readonly lab?: { readonly scenario: string; readonly seed: number };
    }
  /** What a lock that keeps other runs out said, where it is news. */
  | ({ readonly type: 'lock.judged' } & LockWord)
  | { readonly type: 'operator.noted'; readonly note: string; readonly by: string }
  | { readonly type: 'run.interrupted'; readonly how: 'stop' | 'detach'; readonly because: string }
  | {
      readonly type: 'run.resumed';
      readonly operator: string;
      readonly host: string;
      /** What was not as it had been, one sentence each, and why the operator went on all the same. */
      readonly despite?: readonly string[];
      readonly because?: string;
      /** The place as the inventory describes it now, where that is another one. */
      readonly site?: Site;
    }
  | {
      readonly type: 'run.finished';
      readonly result: RunResult;
      readonly because: string;
      /** What stays changed or undone, one sentence each. */
      readonly left: readonly string[];
      readonly followUps: readonly FollowUp[];
      readonly exitCode: number;
    };

/** What happened, before it is stamped. */
export type Happening = (StepEvent & At) | RunEvent;
export type Event = Happening & Stamp;
export type EventType = Happening['type'];
/** The events of one type. */
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;
