import type { RawOutput } from '../runbook/command.ts';
import type { Observation } from '../runbook/observation.ts';
import type { Site } from '../runbook/site.ts';
import type { BlastRadius, Drift, FollowUp, Judgement, Verdict } from '../runbook/step.ts';
import type { Answer, Mode, Purpose, Question, RunResult } from './events.ts';

/** What is known of a fact: its value, and when the evidence behind it was seen (milliseconds since 1970, UTC). */
export interface DatedFact {
  readonly value: unknown;
  readonly seenAt: number;
}

/** One answered command: what came back, and when. Parsed again on every reading, so that a journal outlives a parser. */
export interface Answered {
  readonly out: RawOutput;
  readonly at: number;
}

/** The answers of one look, by key. */
export interface Look {
  readonly sample: number;
  /** When the look began: the `now` its query was made with. */
  readonly since: number;
  readonly answers: Readonly<Record<string, Answered>>;
  /** Keys of intrusive commands whose intent is on disk. */
  readonly intended: readonly string[];
}

/** Answers of a look, read by their parsers. */
export type Answers = (key: string) => Observation<unknown>;

/** Where a probe is. */
export interface Looking {
  readonly is: 'looking';
  /** When the first look began. */
  readonly from: number;
  /** Earlier looks of this visit, oldest first. */
  readonly earlier: readonly Look[];
  readonly look: Look;
  /** Set between two looks. */
  readonly waitUntil?: number;
  readonly failed?: Failed;
}

/** The operator is asked how to go on after a failure, or has said it. */
export interface Failed {
  readonly answer?: string;
  readonly note?: string;
}

/** The gate's word, and when its sample was taken. */
export type GateWord = Drift & { readonly seenAt: number };

/** What has happened so far in one visit of an action; the order of work is read off it (DESIGN, The engine). */
export interface Acting {
  readonly is: 'acting';
  /** When the visit began: the `now` its target, card and commands are made with, so that what is shown is what is run. */
  readonly from: number;
  readonly looks: Readonly<Partial<Record<Purpose, Look>>>;
  readonly guards: readonly ({ readonly name: string } & Verdict)[];
  readonly blast?: BlastRadius;
  readonly gateBefore?: GateWord;
  readonly planned?: true;
  readonly asked?: { readonly expiresAt: number };
  readonly answer?: { readonly answer: Answer; readonly note?: string; readonly byHand: boolean };
  readonly gateAfter?: GateWord;
  /** How often a confirmation expired unanswered in this visit. */
  readonly expired: number;
  /** How many commands have an intent on disk, and how many of those came to an end. */
  readonly intents: number;
  readonly issued: number;
  /** The command of the last intent stands alone: its refusal keeps nothing after it back. */
  readonly independent?: boolean;
  /** The last command never began, so nothing after it is issued. */
  readonly neverBegan?: string;
  /** A command did not end well, or the tool was started anew: nothing more is issued, what was issued is judged. */
  readonly noMore?: true;
  /** When the effect began to be polled. */
  readonly judgingFrom?: number;
  readonly waitUntil?: number;
  readonly judged?: Judgement;
  readonly doubt?: 'asked' | 'answered' | 'examine';
  /** What is done by hand takes as long as it takes: its effect is judged once the person says that it is done. */
  readonly hands?: 'asked' | 'done' | 'aborted';
  /** After it failed, the operator took it over by hand. */
  readonly takenOver?: true;
  readonly failed?: Failed;
  /** The tool was stopped while commands were still to be sent: so many had an answer by then. */
  readonly cutOff?: number;
}

export interface Asking {
  readonly is: 'asking';
  readonly asked?: Question;
  readonly answered?: { readonly answer: string; readonly note?: string };
  readonly look?: Look;
  readonly verdict?: Verdict;
}

export type Phase =
  | { readonly is: 'entering' }
  | Looking
  | Acting
  | Asking
  | { readonly is: 'calling' }
  | { readonly is: 'ending' };

/** One runbook under way: the one that was started, or one that it called. */
export interface Frame {
  readonly runbook: string;
  readonly params: unknown;
  readonly facts: Readonly<Record<string, DatedFact>>;
  /** How often each edge was taken: `step/outcome`. */
  readonly taken: Readonly<Record<string, number>>;
  readonly step: string;
  readonly visit: number;
  readonly phase: Phase;
}

/** The whole state of a run: the fold of its events. Data alone, so that resume is replay. */
export interface State {
  readonly run: string;
  readonly seq: number;
  /** Milliseconds since 1970, UTC, of the last event. */
  readonly now: number;
  readonly mode: Mode;
  readonly site: Site;
  /** The runbook under way is the last one. Empty before `run.started`. */
  readonly frames: readonly Frame[];
  /** How often each step was entered in this run, by depth and step. */
  readonly visits: Readonly<Record<string, number>>;
  /** From the first action of a plan on, nothing is looked at any more. */
  readonly predicting: boolean;
  /** Steps a plan has predicted: it ends where it would go round. */
  readonly predicted: readonly string[];
  /** Whether any mutation's intent was written. */
  readonly mutated: boolean;
  /** What was sent or left to a person, in words: a run that stops early must say it. */
  readonly deeds: readonly string[];
  /** What confirmed actions left in place, less what later ones of the run took care of. */
  readonly followUps: readonly FollowUp[];
  /** What called runbooks left to do. */
  readonly left: readonly string[];
  readonly interrupted?: { readonly how: 'stop' | 'detach'; readonly because: string };
  readonly finished?: { readonly result: RunResult; readonly exitCode: number };
}
