import type { Command } from './command.ts';
import type { Duration } from './duration.ts';
import type { Query, Seen } from './observation.ts';
import type { Site } from './site.ts';

/**
 * Steps as the engine sees them, with the author's types erased. The typed builder in `runbook.ts` is the only maker;
 * functions are declared as methods so that its narrower parameter types fit (a step is only ever given what it declares).
 */

/** An outcome leads to a step, and may establish facts on the way. */
export interface Edge<To extends string = string, F extends string = string> {
  readonly to: To;
  /** Facts that the conclusion carries along this edge. */
  readonly gives?: readonly F[];
  /** A loop's bound: after the edge was taken this often it leads to `then`. */
  readonly atMost?: number;
  readonly then?: To;
}

/** What every step function is given: declared facts, parameters, the place, and the time of the deciding event. */
export interface Context {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly params: unknown;
  readonly site: Site;
  /** Milliseconds since 1970, UTC, of the event that made this call: the core has no clock of its own. */
  readonly now: number;
  /** The run's id, for marks left in the world (a canary's value). */
  readonly run: string;
  /** How often this step was entered, from 1. */
  readonly visit: number;
}

/** What a probe concludes: an outcome, a reason for a person, and the facts that the outcome's edge promises. */
export interface Concluded {
  readonly kind: 'concluded';
  readonly outcome: string;
  readonly because: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Not yet: look again at the next sample. */
export interface Waiting {
  readonly kind: 'waiting';
  readonly because: string;
}

/** Looks again and again; when the time is up and nothing was concluded, the outcome is `late`. */
export interface Watch {
  readonly every: Duration;
  readonly within: Duration;
  readonly late: string;
}

/** A guard's word. `unknown` blocks exactly as `fails` does. */
export interface Verdict {
  readonly verdict: 'holds' | 'fails' | 'unknown';
  readonly because: string;
}

/** A reusable precondition of an action: what to look at, and what to make of it. */
export interface Guard {
  readonly kind: 'guard';
  /** A short name for the screen and the journal: `quorum`, `one node at a time`. */
  readonly name: string;
  readonly observe: Query;
  judge(seen: Seen<Query>): Verdict;
}

/** What an action breaks, in numbers and names. */
export interface BlastRadius {
  readonly counts: readonly {
    /** One of it, in words: `pod of a DaemonSet`. */
    readonly what: string;
    /** Several of it, where more than one can be counted: `pods of a DaemonSet`. */
    readonly many?: string;
    readonly count: number;
    readonly names: readonly string[];
  }[];
  /** What could not be counted, and why: shown as unknown, never as nothing. */
  readonly unknown: readonly string[];
}

/** What an action is about to harm, proven by two independent facts (DESIGN: promise 6). */
export interface Target {
  /** What the operator types to confirm: the name of the pod, node or VM; of a sandbox the first digits of its id. */
  readonly name: string;
  readonly kind: 'pod' | 'sandbox' | 'process' | 'statefulset' | 'node' | 'vm' | 'mount';
  /** Two or more independent facts that identify it: `uid 6f0c…`, `on k8s-node2`. */
  readonly proven: readonly [string, string, ...string[]];
}

/** Whether the signals that decided for an action still stand. */
export interface Drift {
  readonly drift: 'same' | 'changed' | 'unknown';
  readonly because: string;
}

/** Whether an action had its effect, judged by an identity read before and after (DESIGN: promise 2). */
export interface Judgement {
  readonly effect: 'confirmed' | 'refuted' | 'unknown';
  readonly because: string;
  /** `refuted` now and for good: no use in waiting until the deadline. */
  readonly settled?: true;
}

export type Risk = 'reversible' | 'disruptive' | 'destructive';
export type Result = 'resolved' | 'not-this-incident' | 'escalate' | 'unsafe';

interface Common {
  readonly title: string;
  readonly needs: readonly string[];
  /** Facts that are given on some of the paths: present or not. */
  readonly mayUse: readonly string[];
  readonly next: Readonly<Record<string, Edge>>;
}

export interface Probe extends Common {
  readonly kind: 'probe';
  /** The outcome a plan predicts where it cannot look. Without it: the first one. */
  readonly expect?: string;
  observe(ctx: Context): Query;
  conclude(seen: Seen<Query>, ctx: ConcludeContext): Concluded | Waiting;
  watch?(ctx: Context): Watch;
}

/** A probe's conclusion also sees its earlier samples, and how long it has been looking. */
export interface ConcludeContext extends Context {
  readonly to: Readonly<
    Record<string, (because: string, facts?: Readonly<Record<string, unknown>>) => Concluded>
  >;
  readonly wait: (because: string) => Waiting;
  /** Every sample of this visit, oldest first, this one included. */
  readonly samples: readonly Sample<Seen<Query>>[];
}

/** One look: when it began and when it was complete (milliseconds since 1970, UTC). */
export interface Sample<S> {
  readonly since: number;
  readonly at: number;
  readonly seen: S;
}

export interface Action extends Common {
  readonly kind: 'action';
  readonly risk: Risk;
  target(ctx: Context): Target;
  guards(ctx: Context): readonly Guard[];
  readonly blastRadius: {
    observe(ctx: Context): Query;
    measure(seen: Seen<Query>, ctx: Context): BlastRadius;
  };
  /** The gate before and after the confirmation: one fresh sample of each deciding signal, and how long it is good for. */
  readonly drift: {
    readonly freshWithin: Duration;
    observe(ctx: Context): Query;
    judge(seen: Seen<Query>, ctx: Context): Drift;
  };
  commands(ctx: Context): readonly Command<unknown>[];
  readonly effect: {
    /** The proof in words, for the prompt. */
    readonly proof: string;
    readonly every: Duration;
    readonly within: Duration;
    identity(ctx: Context): Query;
    judge(before: Seen<Query>, after: Seen<Query>, ctx: Context): Judgement;
  };
  /** How to undo it by hand, or `none`. Never done by itself (DESIGN: promise 12). */
  readonly undo: string;
  /** Evidence to read before it is destroyed. */
  capture?(ctx: Context): Query;
  /** A sentence that the confirmation must show first: `quorum is already lost`. */
  warn?(ctx: Context): string | undefined;
  /** What stays changed after it is confirmed, and who must follow up. */
  leaves?(ctx: Context): readonly FollowUp[];
  /** The ids of follow-ups of this run that its confirmed effect takes care of: an uncordon settles its cordon. */
  settles?(ctx: Context): readonly string[];
  /**
   * Where a yes alone is not enough: the question to which the operator types a reason, which is journalled with the yes.
   * Without one the yes counts as declined.
   */
  reason?(ctx: Context): string | undefined;
  /** The needed fact that proves the old thing dead, where a command forces. Given by probes alone. */
  readonly fencedBy?: string;
}

/** What a run leaves in the world for people to finish. */
export interface FollowUp {
  /** Names it, where a later action of the run may take care of it: `cordon k8s-node2`. */
  readonly id?: string;
  readonly left: string;
  readonly todo: string;
}

export interface Manual extends Common {
  readonly kind: 'manual';
  instructions(ctx: Context): readonly string[];
  /** Looks whether it was done, where a look can tell. */
  readonly verify?: {
    observe(ctx: Context): Query;
    judge(seen: Seen<Query>, ctx: Context): Verdict;
  };
}

export interface Choice extends Common {
  readonly kind: 'choice';
  question(ctx: Context): string;
  /** A sentence for each outcome. */
  readonly options: Readonly<Record<string, string>>;
}

export interface Call extends Common {
  readonly kind: 'call';
  readonly runbook: string;
  with(ctx: Context): unknown;
}

export interface End extends Common {
  readonly kind: 'end';
  readonly result: Result;
  /** What is left to do, one sentence each; nothing for a clean end. */
  left(ctx: Context): readonly string[];
}

export type Step = Probe | Action | Manual | Choice | Call | End;
