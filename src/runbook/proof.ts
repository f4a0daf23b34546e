import type { z } from 'zod';
import type { Edge } from './step.ts';

/**
 * The compiler's half of the graph checks: everything here exists in types alone. `check.ts` says the same at load, with
 * sentences. A fact is certain at a step if, with the edges that give it taken away, the step cannot be reached.
 */

export type Schemas = Readonly<Record<string, z.ZodType>>;
export type FactValue<S, F> = F extends keyof S
  ? S[F] extends z.ZodType
    ? z.output<S[F]>
    : never
  : never;
export type Given<E> = E extends { readonly gives: readonly (infer G)[] } ? G : never;

/** What the proof reads of a step: its edges, and the facts it needs. */
export interface Node {
  readonly kind: string;
  readonly next: Readonly<Record<string, Edge>>;
}
export type Nodes = Readonly<Record<string, Node>>;

type Targets<E> = E extends { readonly to: infer T }
  ? T | (E extends { readonly then: infer U } ? U : never)
  : never;
type NextWithout<R extends Nodes, K extends keyof R, F> = K extends keyof R
  ? {
      [O in keyof R[K]['next']]: F extends Given<R[K]['next'][O]>
        ? never
        : Extract<Targets<R[K]['next'][O]>, keyof R>;
    }[keyof R[K]['next']]
  : never;
/** Steps reachable from `Front` over edges that do not give `F`. */
type ReachWithout<R extends Nodes, Front extends keyof R, F, Done extends keyof R = never> = [
  Front,
] extends [never]
  ? Done
  : ReachWithout<R, Exclude<NextWithout<R, Front, F>, Done | Front>, F, Done | Front>;
type Needed<A> = 'needs' extends keyof A
  ? Exclude<A['needs'], undefined> extends readonly (infer N)[]
    ? N
    : never
  : never;
type AllNeeded<R extends Nodes> = { [K in keyof R]: Needed<R[K]> }[keyof R];
/** For each needed fact, the steps that some path reaches without it: computed once for the whole graph. */
type Uncertain<R extends Nodes, Start extends keyof R> = {
  [F in AllNeeded<R> & string]: ReachWithout<R, Start, F>;
};
type MissingIn<U, K, N> = N extends keyof U ? (K extends U[N] ? N : never) : never;
type FaultsOf<R extends Nodes, Reached, U> = {
  [K in keyof R & string]: K extends Reached
    ? [MissingIn<U, K, Needed<R[K]>>] extends [never]
      ? never
      : `'${K}' needs '${MissingIn<U, K, Needed<R[K]>> & string}', which not every path to it gives`
    : `no path leads to '${K}'`;
}[keyof R & string];

/** One sentence for each fault; `never` where the graph is sound. */
export type Faults<R extends Nodes, Start extends keyof R> = FaultsOf<
  R,
  ReachWithout<R, Start, '(no fact)'>,
  Uncertain<R, Start>
>;
