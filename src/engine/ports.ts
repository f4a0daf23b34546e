import type { Command, RawOutput } from '../runbook/command.ts';
import type { Answer, At, Card, Event, Question } from './events.ts';

export type { LockHolder, LockReport, Locks, LockWord, TakeOver } from './locks.ts';

/** What the loop needs from the world. Every port is small, and the lab, a test and reality implement the same ones. */

/** Runs one command to its end or its deadline; never throws, and never outlives `signal`. */
export interface Performer {
  readonly perform: (command: Command<unknown>, signal: AbortSignal) => Promise<RawOutput>;
}

/** The time in milliseconds since 1970, UTC, and a sleep that `signal` ends early without an error. */
export interface Clock {
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Keeps an event: on disk, fsynced, before the promise settles. Rejects where that failed: the run stops then. */
export interface Journal {
  readonly append: (event: Event) => Promise<void>;
}

/** The operator's word on a confirmation. */
export interface Confirmed {
  readonly answer: Exclude<Answer, 'voided'>;
  readonly by: string;
  /** The typed reason of a skip, of an abort, or of a yes whose card asks for one. */
  readonly note?: string;
  readonly byHand?: true;
}

/** The operator's word on a question: a key of its options; `done` or `declined` for manual work; `abort` always. */
export interface Answered {
  readonly answer: string;
  readonly by: string;
  readonly note?: string;
}

/**
 * The person who decides. Rejects with {@link NobodyToAsk} where there is none: a confirmation is never assumed; and with
 * {@link NotAsPlanned} where the run is held to a plan that has it otherwise.
 * `expiresAt` (milliseconds since 1970, UTC) is when the evidence behind the card is too old: `expired` then.
 */
export interface Operator {
  readonly confirm: (
    card: Card,
    expiresAt: number,
    signal: AbortSignal,
    keep: KeepNote | undefined,
    at: At,
  ) => Promise<Confirmed>;
  readonly answer: (question: Question, signal: AbortSignal, keep?: KeepNote) => Promise<Answered>;
}

/** Keeps what a person has to say beside the question they are asked: `operator.noted`, in the journal before it settles. */
export type KeepNote = (note: string, by: string) => Promise<void>;

/** No terminal and no approval: the run ends with exit code 8, and nothing is issued. */
export class NobodyToAsk extends Error {
  override readonly name = 'NobodyToAsk';
}

/** What is about to be confirmed is not in the plan that the run is held to: it ends with exit code 7. */
export class NotAsPlanned extends Error {
  override readonly name = 'NotAsPlanned';
}

/** The operator pressed Ctrl-C at a prompt: nothing was answered. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Sees every event after it was kept: renderers and `--json`. */
export interface Observer {
  readonly saw: (event: Event) => void;
}
