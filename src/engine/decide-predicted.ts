import { symbolicContext } from '../runbook/symbolic.ts';
import type { Step } from '../runbook/step.ts';
import { cardOf } from './card.ts';
import type { Card } from './events.ts';
import { finish } from './finish.ts';
import type { Next } from './next.ts';
import { leave } from './route.ts';
import { callerOf, record } from './view.ts';
import type { View } from './view.ts';

/** The outcome a plan predicts for a step that it cannot look at. */
export function expectedOutcome(step: Step): string {
  switch (step.kind) {
    case 'probe':
      return step.expect ?? Object.keys(step.next)[0] ?? '';
    case 'action':
      return 'confirmed';
    case 'manual':
      return 'done';
    case 'choice':
      return Object.keys(step.next)[0] ?? '';
    case 'call':
      return 'resolved';
    case 'end':
      return '';
  }
}

const PREDICTED = 'predicted: nothing was looked at';

/** After the first action of a plan: every step along the expected edges, with what is not known yet left symbolic. */
export function decidePredicted(view: View, step: Step): Next {
  if (step.kind === 'end') {
    const caller = callerOf(view);
    if (caller !== undefined) return leave(caller.view, caller.step, step.result, PREDICTED);
    const left = step.result === 'resolved' ? [] : [`predicted end: ${step.title}`];
    return finish(view.state, 'planned', `predicted to end '${step.result}': ${step.title}`, left);
  }
  if (
    step.kind === 'action' &&
    view.frame.phase.is === 'acting' &&
    view.frame.phase.planned !== true
  ) {
    const known = Object.fromEntries(
      Object.entries(view.frame.facts).map(([name, fact]) => [name, fact.value]),
    );
    const ctx = symbolicContext(
      [...step.needs, ...step.mayUse],
      known,
      view.frame.params,
      view.state.site,
    );
    const card = cardOf(
      step,
      { ...ctx, now: view.state.now },
      { guards: [], blast: undefined, gate: undefined },
    );
    return record({ type: 'action.planned', ...view.at, card: inWords(card), predicted: true });
  }
  return leave(view, step, expectedOutcome(step), PREDICTED);
}

/** What stands for unknown facts becomes its text: an event is data. */
const inWords = (card: Card): Card => JSON.parse(JSON.stringify(card)) as Card;
