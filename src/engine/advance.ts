import type { Library } from '../runbook/load.ts';
import type { End, Step } from '../runbook/step.ts';
import { apply, visitKey } from './apply.ts';
import { decideAction } from './decide-action.ts';
import { decideChoice, decideManual } from './decide-asking.ts';
import { decidePredicted } from './decide-predicted.ts';
import { decideProbe } from './decide-probe.ts';
import type { Event } from './events.ts';
import { finish } from './finish.ts';
import type { Next } from './next.ts';
import { leave } from './route.ts';
import type { State } from './state.ts';
import { callerOf, record, viewOf } from './view.ts';
import type { View } from './view.ts';

/** What an event makes of a run: the state after it, and what is to be done next. Pure and total over journalled events. */
export function advance(
  library: Library,
  state: State,
  event: Event,
): { readonly state: State; readonly next: Next } {
  const after = apply(state, event);
  return { state: after, next: decide(library, after) };
}

/** The same state later: what waits for a time is decided anew. */
export const tick = (state: State, now: number): State => ({
  ...state,
  now: Math.max(state.now, now),
});

/** What is to be done in this state. A function of the state alone, so that a resumed run decides as the first one did. */
export function decide(library: Library, state: State): Next {
  const view = viewOf(library, state);
  if (view === undefined || state.finished !== undefined) return { do: 'nothing' };
  const { phase } = view.frame;
  if (phase.is === 'entering') return interrupted(view) ?? enter(view);
  const step = stepOf(view, view.frame.step);
  // A person's work is done in the world, and a plan asks nobody to do it.
  if (
    state.predicting ||
    (state.mode === 'plan' && (step.kind === 'manual' || step.kind === 'choice'))
  ) {
    return decidePredicted({ ...view, state: { ...state, predicting: true } }, step);
  }
  const underWay = phase.is === 'acting' && phase.intents > 0;
  if (!underWay) {
    const stop = interrupted(view);
    if (stop !== undefined) return stop;
  }
  return decideStep(view, step);
}

function decideStep(view: View, step: Step): Next {
  const { phase } = view.frame;
  switch (phase.is) {
    case 'looking':
      return step.kind === 'probe' ? decideProbe(view, step, phase) : misplaced(view);
    case 'acting':
      return step.kind === 'action' ? decideAction(view, step, phase) : misplaced(view);
    case 'asking':
      if (step.kind === 'choice') return decideChoice(view, step, phase);
      return step.kind === 'manual' ? decideManual(view, step, phase) : misplaced(view);
    case 'calling':
      return step.kind === 'call'
        ? call(view, step.runbook, step.with(view.context(step)))
        : misplaced(view);
    case 'ending':
      return step.kind === 'end' ? end(view, step) : misplaced(view);
    case 'entering':
      return enter(view);
  }
}

function misplaced(view: View): never {
  throw new Error(`${view.book.id}, step '${view.at.step}': the journal does not fit this runbook`);
}

function stepOf(view: View, id: string): Step {
  const step = view.book.steps[id];
  if (step === undefined) throw new Error(`${view.book.id} has no step '${id}'`);
  return step;
}

function interrupted(view: View): Next | undefined {
  const { interrupted: stop, mutated } = view.state;
  if (stop === undefined) return undefined;
  return finish(view.state, mutated ? 'aborted' : 'interrupted', stop.because);
}

function enter(view: View): Next {
  const { frame, state } = view;
  const id = frame.step === '' ? view.book.start : frame.step;
  const step = stepOf(view, id);
  const goesRound = state.predicting && state.predicted.includes(`${view.at.depth}/${id}`);
  if (goesRound) return finish(state, 'planned', `predicted to come back to '${step.title}'`);
  return record({
    type: 'step.entered',
    step: id,
    visit: (state.visits[visitKey(view.at.depth, id)] ?? 0) + 1,
    depth: view.at.depth,
    kind: step.kind,
    title: step.title,
    ...(state.predicting ? { predicted: true } : {}),
  });
}

function call(view: View, runbook: string, params: unknown): Next {
  const book = view.library.get(runbook);
  const first = book?.steps[book.start];
  if (book === undefined || first === undefined) {
    throw new Error(
      `${view.book.id}, step '${view.at.step}' calls '${runbook}', which is not loaded`,
    );
  }
  return record({
    type: 'step.entered',
    step: book.start,
    visit: (view.state.visits[visitKey(view.at.depth + 1, book.start)] ?? 0) + 1,
    depth: view.at.depth + 1,
    kind: first.kind,
    title: first.title,
    called: { runbook, title: book.title, params: book.params.parse(params) },
  });
}

function end(view: View, step: End): Next {
  const left = step.left(view.context(step));
  const caller = callerOf(view);
  if (caller === undefined) {
    const result = view.state.mode === 'plan' ? 'planned' : step.result;
    const because = result === 'planned' ? `would end '${step.result}': ${step.title}` : step.title;
    return finish(view.state, result, because, left);
  }
  const next = leave(caller.view, caller.step, step.result, step.title);
  return next.do === 'record' && next.happening.type === 'step.concluded'
    ? record({ ...next.happening, left })
    : next;
}
