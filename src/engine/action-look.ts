import { answersOf } from '../runbook/observation.ts';
import type { Query, Seen } from '../runbook/observation.ts';
import type { Action, Context } from '../runbook/step.ts';
import type { Purpose } from './events.ts';
import type { Next } from './next.ts';
import type { Acting } from './state.ts';
import { pending, seen } from './view.ts';
import type { View } from './view.ts';

/** What a look of this action still has to run, or its answers. */
export type Looked =
  | { readonly due: Next }
  | { readonly due?: never; readonly answers: Seen<Query> };

/** One look of an action; a later sample begins it anew. */
export function lookAt(
  view: View,
  step: Action,
  phase: Acting,
  purpose: Purpose,
  sample: number,
  of: (ctx: Context) => Query,
): Looked {
  const kept = phase.looks[purpose];
  const look = kept?.sample === sample ? kept : undefined;
  const query = of(view.context(step, look?.since));
  const due = pending(view, query, look, purpose, sample);
  return due === undefined ? { answers: seen(query, look) } : { due };
}

/** Read again for every confirmation that is asked: what it is compared with must not be older than the yes. */
export const identityBefore = (view: View, step: Action, phase: Acting): Looked =>
  lookAt(view, step, phase, 'identity-before', phase.expired, (ctx) => step.effect.identity(ctx));

/** The identity as it was read before the confirmation. */
export function before(view: View, step: Action, phase: Acting): Seen<Query> {
  const identity = identityBefore(view, step, phase);
  if (identity.due !== undefined) throw new Error('the identity before was never read');
  return identity.answers;
}

/** What a look could not read, and why. */
export const failuresIn = (answers: Seen<Query>): readonly string[] =>
  Object.entries(answersOf(answers)).flatMap(([key, it]) => (it.ok ? [] : [`${key}: ${it.says}`]));

/** The first thing about a target that could not be read, if any. */
export const unreadable = (answers: Seen<Query>): string | undefined => failuresIn(answers)[0];

/** Observations as they are journalled: the value, or `{ unknown: why }`. */
export function plain(answers: Seen<Query>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(answers as Record<string, unknown>).map(([name, it]) => [name, plainOne(it)]),
  );
}

function plainOne(it: unknown): unknown {
  if (typeof it !== 'object' || it === null) return null;
  if ('ok' in it && 'at' in it) {
    if (it.ok === true && 'value' in it) return it.value ?? null;
    return { unknown: 'says' in it ? it.says : 'no answer' };
  }
  return Array.isArray(it)
    ? it.map(plainOne)
    : Object.fromEntries(Object.entries(it).map(([key, one]) => [key, plainOne(one)]));
}
