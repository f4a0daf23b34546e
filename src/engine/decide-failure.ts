import type { Action, Probe, Step } from '../runbook/step.ts';
import type { FailureAnswer, FailureOptions, Question } from './events.ts';
import { finish } from './finish.ts';
import type { Next } from './next.ts';
import { destination, leave, visitAgain } from './route.ts';
import type { Failed } from './state.ts';
import { record } from './view.ts';
import type { View } from './view.ts';

/** What a step came to that is no way forward: a refuted or blocked action, or a probe that could not read everything. */
export interface Failure {
  readonly outcome: string;
  readonly because: string;
  /** What may be done besides going on, skipping and aborting. */
  readonly may: readonly Exclude<FailureAnswer, 'skip' | 'go-on' | 'abort'>[];
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly seenAt?: number;
  readonly cutOff?: true;
}

/**
 * Asks the operator before a failure takes its edge (DESIGN, The engine: the menu). A plan asks nobody, and neither does a run
 * that is being stopped. `probe` and `by-hand` leave the visit open: they are folded into it and never come here.
 */
export function failed(
  view: View,
  step: Action | Probe,
  word: Failed | undefined,
  failure: Failure,
): Next {
  const { outcome, because, facts, seenAt } = failure;
  const on = (said: string): Next => leave(view, step, outcome, said, facts, seenAt);
  if (view.state.mode === 'plan' || view.state.interrupted !== undefined) return on(because);
  const question = questionOf(view, step, failure);
  if (word === undefined) return record({ type: 'operator.asked', ...view.at, question });
  if (word.answer === undefined) return { do: 'question', question, at: view.at };
  const note = word.note === undefined ? '' : `: ${word.note}`;
  switch (word.answer) {
    case 'retry':
      return visitAgain(view, `${because}; the operator tries it again${note}`);
    case 'skip':
      return leave(view, step, 'skipped', `skipped by the operator${note}; ${because}`);
    case 'abort':
      return finish(view.state, 'aborted', `stopped by the operator${note}; ${because}`);
    default:
      return on(`${because}${note}`);
  }
}

function questionOf(view: View, step: Step, failure: Failure): Question {
  const next = view.book.steps[destination(view, step, failure.outcome)];
  const said: Readonly<Record<Failure['may'][number], string>> = {
    retry:
      step.kind === 'action'
        ? 'try it again: everything is looked at anew, and a confirmation of its own is asked'
        : 'look again from the beginning',
    probe: 'look once more whether it worked',
    'by-hand': 'do it by hand; then it is looked whether it worked',
  };
  const options: FailureOptions = {
    ...Object.fromEntries(failure.may.map((it) => [it, said[it]])),
    ...(step.next['skipped'] === undefined ? {} : { skip: 'leave it out, with a reason' }),
    'go-on': `go on as the runbook says: ${next?.title ?? failure.outcome}`,
    abort: 'stop here, with a list of what is left in place',
  };
  const { outcome, because, cutOff } = failure;
  return {
    about: 'failure',
    title: step.title,
    outcome,
    because,
    ...(cutOff === undefined ? {} : { cutOff }),
    options,
  };
}
