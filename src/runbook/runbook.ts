import type { z } from 'zod';
import type { Command } from './command.ts';
import type { Duration } from './duration.ts';
import type { Query, Seen } from './observation.ts';
import type { FactValue, Faults, Given, Node, Schemas } from './proof.ts';
import type { Site } from './site.ts';
import type {
  BlastRadius,
  Drift,
  Edge,
  FollowUp,
  Guard,
  Judgement,
  Result,
  Risk,
  Sample,
  Step,
  Target,
  Verdict,
  Waiting,
  Watch,
} from './step.ts';

/** A runbook: a typed graph of steps, as the engine, the plan, the lab and the checks read it. */
export interface Runbook {
  readonly id: string;
  readonly title: string;
  /** Raised by its author whenever its meaning changes; journalled with every run. */
  readonly version: number;
  readonly params: z.ZodType;
  readonly facts: Schemas;
  readonly start: string;
  readonly steps: Readonly<Record<string, Step>>;
}

interface Head<S extends Schemas, P> {
  readonly id: string;
  readonly title: string;
  readonly version: number;
  readonly params: z.ZodType<P>;
  readonly facts: S;
}

interface Ctx<S, N extends PropertyKey, M extends PropertyKey, P> {
  readonly facts: { readonly [F in Extract<N, keyof S>]: FactValue<S, F> } & {
    readonly [F in Extract<M, keyof S>]?: FactValue<S, F>;
  };
  readonly params: P;
  readonly site: Site;
  /** Milliseconds since 1970, UTC, of the event that made this call. */
  readonly now: number;
  readonly run: string;
  /** How often this step was entered, from 1. */
  readonly visit: number;
}

declare const concluded: unique symbol;
/** Made by `to.<outcome>(because, facts)` alone. */
export interface Conclusion<O> {
  readonly kind: 'concluded';
  readonly [concluded]: O;
}
/** One function for each outcome; it takes the reason, and exactly the facts that the outcome's edge promises. */
type To<A, S> = {
  readonly [O in keyof A & string]: [Given<A[O]>] extends [never]
    ? (because: string) => Conclusion<O>
    : (
        because: string,
        facts: { readonly [F in Extract<Given<A[O]>, keyof S>]: FactValue<S, F> },
      ) => Conclusion<O>;
};

/** Outcomes that carry no facts: where time ran out, nothing was found that could be given. */
type Bare<A> = {
  [O in keyof A & string]: [Given<A[O]>] extends [never] ? O : never;
}[keyof A & string];

type Edges<F extends string> = Record<string, Edge<string, F>>;
interface ActionEdges {
  readonly confirmed: Edge<string, never>;
  readonly refuted: Edge<string, never>;
  readonly declined: Edge<string, never>;
  readonly blocked: Edge<string, never>;
  readonly drifted: Edge<string, never>;
  readonly skipped?: Edge<string, never>;
  /** Where the effect is unknown, the operator may choose to look closer: leads to a probe. */
  readonly doubtful?: Edge<string, never>;
}
interface ManualEdges {
  readonly done: Edge<string, never>;
  readonly declined: Edge<string, never>;
}
interface CallEdges {
  readonly resolved: Edge<string, never>;
  readonly 'not-this-incident': Edge<string, never>;
  readonly escalate: Edge<string, never>;
  readonly unsafe: Edge<string, never>;
  readonly aborted: Edge<string, never>;
}

/**
 * Starts a runbook: its head, then its steps, then the step it begins with.
 *
 * The compiler rejects an edge to a step that does not exist, an outcome without an edge, a fact that is read and not
 * declared, promised and not carried, or not given on every path, an action without effect, and a step that no path
 * reaches. `loadRunbook` rejects all of it again, with sentences, and what types cannot say.
 */
export function runbook<
  const S extends Schemas,
  P,
  // A parameter, not an alias: the compiler then names the facts in its messages, and not `F`.
  const F extends keyof S & string = keyof S & string,
>(head: Head<S, P>) {
  const step = {
    /** Looks, and concludes an outcome from what it saw. */
    probe: <
      const A extends Edges<F>,
      Q extends Query,
      const N extends F = never,
      const M extends F = never,
      const L extends string = never,
    >(s: {
      readonly title: string;
      readonly needs?: readonly N[];
      readonly mayUse?: readonly M[];
      readonly next: A;
      readonly expect?: keyof NoInfer<A> & string;
      readonly observe: (ctx: Ctx<S, N, M, P>) => Q;
      /** `L` is what it says; it is inferred apart from the edges, so that a wrong one is named. */
      readonly watch?: (
        ctx: Ctx<S, N, M, P>,
      ) => Watch & { readonly late: [L] extends [Bare<NoInfer<A>>] ? L : Bare<NoInfer<A>> };
      readonly conclude: (
        seen: Seen<Q>,
        ctx: Ctx<S, N, M, P> & {
          readonly to: To<A, S>;
          readonly wait: (because: string) => Waiting;
          readonly samples: readonly Sample<Seen<Q>>[];
        },
      ) => Conclusion<keyof NoInfer<A> & string> | Waiting;
    }) => ({ kind: 'probe' as const, ...s }),

    /** Changes the world, behind guards and a confirmation, and proves its effect. */
    action: <
      const A extends ActionEdges,
      Q extends Query,
      B extends Query,
      D extends Query,
      const N extends F = never,
      const M extends F = never,
    >(s: {
      readonly title: string;
      readonly risk: Risk;
      readonly needs?: readonly N[];
      readonly mayUse?: readonly M[];
      readonly next: A;
      readonly target: (ctx: Ctx<S, N, M, P>) => Target;
      readonly guards: (ctx: Ctx<S, N, M, P>) => readonly Guard[];
      readonly blastRadius: {
        readonly observe: (ctx: Ctx<S, N, M, P>) => B;
        readonly measure: (seen: Seen<B>, ctx: Ctx<S, N, M, P>) => BlastRadius;
      };
      readonly drift: {
        readonly freshWithin: Duration;
        readonly observe: (ctx: Ctx<S, N, M, P>) => D;
        readonly judge: (seen: Seen<D>, ctx: Ctx<S, N, M, P>) => Drift;
      };
      readonly commands: (ctx: Ctx<S, N, M, P>) => readonly Command<unknown>[];
      readonly effect: {
        readonly proof: string;
        readonly every: Duration;
        readonly within: Duration;
        readonly identity: (ctx: Ctx<S, N, M, P>) => Q;
        readonly judge: (before: Seen<Q>, after: Seen<Q>, ctx: Ctx<S, N, M, P>) => Judgement;
      };
      readonly undo: string;
      readonly capture?: (ctx: Ctx<S, N, M, P>) => Query;
      readonly warn?: (ctx: Ctx<S, N, M, P>) => string | undefined;
      readonly leaves?: (ctx: Ctx<S, N, M, P>) => readonly FollowUp[];
      readonly settles?: (ctx: Ctx<S, N, M, P>) => readonly string[];
      readonly reason?: (ctx: Ctx<S, N, M, P>) => string | undefined;
      readonly fencedBy?: NoInfer<N>;
    }) => ({ kind: 'action' as const, ...s }),

    /** Asks a person to do something, and looks whether it was done where a look can tell. */
    manual: <
      const A extends ManualEdges,
      Q extends Query,
      const N extends F = never,
      const M extends F = never,
    >(s: {
      readonly title: string;
      readonly needs?: readonly N[];
      readonly mayUse?: readonly M[];
      readonly next: A;
      readonly instructions: (ctx: Ctx<S, N, M, P>) => readonly string[];
      readonly verify?: {
        readonly observe: (ctx: Ctx<S, N, M, P>) => Q;
        readonly judge: (seen: Seen<Q>, ctx: Ctx<S, N, M, P>) => Verdict;
      };
    }) => ({ kind: 'manual' as const, ...s }),

    /** The operator picks an edge. */
    choice: <
      const A extends Edges<never>,
      const N extends F = never,
      const M extends F = never,
    >(s: {
      readonly title: string;
      readonly needs?: readonly N[];
      readonly mayUse?: readonly M[];
      readonly next: A;
      readonly question: (ctx: Ctx<S, N, M, P>) => string;
      readonly options: { readonly [O in keyof NoInfer<A>]: string };
    }) => ({ kind: 'choice' as const, ...s }),

    /** Runs another runbook; its result is the outcome. */
    call: <const A extends CallEdges, const N extends F = never, const M extends F = never>(s: {
      readonly title: string;
      readonly needs?: readonly N[];
      readonly mayUse?: readonly M[];
      readonly next: A;
      readonly runbook: string;
      readonly with: (ctx: Ctx<S, N, M, P>) => unknown;
    }) => ({ kind: 'call' as const, ...s }),

    /** Ends the run, and says what is left to do. */
    end: <const N extends F = never, const M extends F = never>(s: {
      readonly title: string;
      readonly result: Result;
      readonly needs?: readonly N[];
      readonly mayUse?: readonly M[];
      readonly left: (ctx: Ctx<S, N, M, P>) => readonly string[];
    }) => ({ kind: 'end' as const, ...s, next: {} }),
  };
  return {
    steps: <
      const R extends {
        readonly [K in keyof R]: Node & {
          readonly next: Readonly<
            Record<string, { readonly to: keyof R & string; readonly then?: keyof R & string }>
          >;
        };
      },
    >(
      make: (s: typeof step) => R,
    ) => ({
      /** Closes the runbook. Where the graph is not sound, the compiler says so here: it wants a sentence for a step. */
      startingAt: <const Start extends keyof R & string>(
        start: [Faults<R, Start>] extends [never] ? Start : Faults<R, Start>,
      ): Runbook => ({ ...head, start, steps: erase(make(step)) }),
    }),
  };
}

/**
 * Forgets the author's types. Sound because the engine hands a step exactly the facts it declares, parsed by their
 * schemas, and answers in the shape of its own query; every other reader treats them as unknown.
 */
function erase(steps: Readonly<Record<string, Node>>): Readonly<Record<string, Step>> {
  return Object.fromEntries(
    Object.entries(steps).map(([id, s]) => [
      id,
      { needs: [], mayUse: [], ...s } as unknown as Step,
    ]),
  );
}

/** Makes a guard; the query's types are forgotten once its judge is bound to it. */
export function guard<const Q extends Query>(it: {
  readonly name: string;
  readonly observe: Q;
  readonly judge: (seen: Seen<Q>) => Verdict;
}): Guard {
  return {
    kind: 'guard',
    name: it.name,
    observe: it.observe,
    judge: (seen) => it.judge(seen as Seen<Q>),
  };
}
