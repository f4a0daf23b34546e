import type { Step } from '../runbook/step.ts';
import type { Next } from './next.ts';
import { record } from './view.ts';
import type { View } from './view.ts';

/** The step an outcome leads to now: a bounded edge leads on once its bound is used up. */
export function destination(view: View, step: Step, outcome: string): string {
  const edge = step.next[outcome];
  if (edge === undefined) {
    throw new Error(`${view.book.id}, step '${view.at.step}': outcome '${outcome}' has no edge`);
  }
  const taken = view.frame.taken[`${view.at.step}/${outcome}`] ?? 0;
  return edge.atMost !== undefined && edge.then !== undefined && taken >= edge.atMost
    ? edge.then
    : edge.to;
}

/** Concludes the step under way and takes its edge. */
export function leave(
  view: View,
  step: Step,
  outcome: string,
  because: string,
  facts: Readonly<Record<string, unknown>> = {},
  seenAt: number = view.state.now,
): Next {
  return record({
    type: 'step.concluded',
    ...view.at,
    outcome,
    because,
    facts: checkedFacts(view, step, outcome, facts),
    seenAt: new Date(seenAt).toISOString(),
    to: destination(view, step, outcome),
    ...(view.state.predicting ? { predicted: true } : {}),
  });
}

/** Concludes the visit under way without an edge: the operator has the same step done anew, as a visit of its own. */
export const visitAgain = (view: View, because: string): Next =>
  record({
    type: 'step.concluded',
    ...view.at,
    outcome: 'retried',
    because,
    facts: {},
    seenAt: new Date(view.state.now).toISOString(),
    to: view.at.step,
  });

/** Facts are parsed by their schemas when they are written: a wrong shape stops the run here, not steps later. */
function checkedFacts(
  { book, at, state: { predicting } }: View,
  step: Step,
  outcome: string,
  facts: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const promised = step.next[outcome]?.gives ?? [];
  return Object.fromEntries(
    promised.flatMap((name) => {
      const parsed = book.facts[name]?.safeParse(facts[name]);
      if (parsed?.success === true) return [[name, parsed.data]];
      if (predicting && !(name in facts)) return [];
      throw new Error(
        `${book.id}, step '${at.step}': outcome '${outcome}' gives '${name}' in another shape than its schema's: ${parsed?.error.message ?? 'it has none'}`,
      );
    }),
  );
}
