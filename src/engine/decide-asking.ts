import type { Choice, Manual } from '../runbook/step.ts';
import type { Question } from './events.ts';
import { finish } from './finish.ts';
import type { Next } from './next.ts';
import { leave } from './route.ts';
import type { Asking } from './state.ts';
import { pending, record, seen } from './view.ts';
import type { View } from './view.ts';

const ask = (view: View, phase: Asking, question: Question): Next =>
  phase.asked === undefined
    ? record({ type: 'operator.asked', ...view.at, question })
    : { do: 'question', question, at: view.at };

/** The operator picks one of the step's edges. */
export function decideChoice(view: View, step: Choice, phase: Asking): Next {
  if (phase.answered === undefined) {
    const question = step.question(view.context(step));
    return ask(view, phase, { about: 'choice', question, options: step.options });
  }
  const { answer, note } = phase.answered;
  if (answer === 'abort')
    return finish(view.state, 'aborted', reason('stopped by the operator', note));
  return leave(view, step, answer, reason(step.options[answer] ?? 'chosen by the operator', note));
}

/** A person does it; where a look can tell, the look has the last word. */
export function decideManual(view: View, step: Manual, phase: Asking): Next {
  if (phase.answered === undefined) {
    const instructions = step.instructions(view.context(step));
    return ask(view, phase, { about: 'manual', title: step.title, instructions });
  }
  const { answer, note } = phase.answered;
  if (answer === 'abort')
    return finish(view.state, 'aborted', reason('stopped by the operator', note));
  if (answer !== 'done') return leave(view, step, 'declined', reason('not done', note));
  if (step.verify === undefined) return leave(view, step, 'done', reason('done by hand', note));
  const query = step.verify.observe(view.context(step, phase.look?.since ?? view.state.now));
  const due = pending(view, query, phase.look, 'verify', 0);
  if (due !== undefined) return due;
  const verdict = step.verify.judge(seen(query, phase.look), view.context(step));
  return leave(view, step, verdict.verdict === 'holds' ? 'done' : 'declined', verdict.because);
}

const reason = (said: string, note: string | undefined): string =>
  note === undefined || note === '' ? said : `${said}: ${note}`;
