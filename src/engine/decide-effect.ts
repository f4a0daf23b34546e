import { toMs } from '../runbook/duration.ts';
import { pasteable, render } from '../runbook/render.ts';
import type { Action, Judgement, Probe } from '../runbook/step.ts';
import { before, lookAt, plain } from './action-look.ts';
import { failed } from './decide-failure.ts';
import { finish } from './finish.ts';
import type { Next } from './next.ts';
import { destination, leave } from './route.ts';
import type { Acting } from './state.ts';
import { record } from './view.ts';
import type { View } from './view.ts';

/** A person works while the question stands; the time for the effect begins when they say that it is done. */
export function waitForHands(view: View, step: Action, phase: Acting): Next | undefined {
  if (phase.hands === 'done') return undefined;
  if (phase.hands === 'aborted') {
    const left = [`${step.title}: taken over by hand, and nobody looked whether it worked`];
    return finish(
      view.state,
      'in-doubt',
      'stopped by the operator while it was done by hand',
      left,
    );
  }
  const commands = step.commands(view.context(step, phase.from)).map(render);
  const question = {
    about: 'manual' as const,
    title: step.title,
    instructions: [],
    commands: commands.map((it) => ({ where: it.where, line: pasteable(it) })),
  };
  return phase.hands === undefined
    ? record({ type: 'operator.asked', ...view.at, question })
    : { do: 'question', question, at: view.at };
}

/** Polls the identity until the effect is there or its time is up, and judges it by that alone. */
export function judgeEffect(view: View, step: Action, phase: Acting): Next {
  const { interrupted } = view.state;
  const { waitUntil, judgingFrom } = phase;
  if (waitUntil !== undefined && view.state.now < waitUntil && interrupted === undefined) {
    return { do: 'wait', until: waitUntil };
  }
  const look = phase.looks['identity-after'];
  const current = judgingFrom !== undefined && waitUntil === undefined ? look : undefined;
  const sample = current?.sample ?? (look === undefined ? 0 : look.sample + 1);
  const identity = lookAt(view, step, phase, 'identity-after', sample, (ctx) =>
    step.effect.identity(ctx),
  );
  if (identity.due !== undefined) return identity.due;
  const [first, after] = [before(view, step, phase), identity.answers];
  const ctx = view.context(step);
  const judgement = step.effect.judge(first, after, ctx);
  const looked = current?.since ?? view.state.now;
  const deadline = (judgingFrom ?? view.state.now) + toMs(step.effect.within);
  const next = Math.min(looked + toMs(step.effect.every), deadline);
  const neverLeft = phase.neverBegan !== undefined || phase.issued < phase.intents;
  const settled =
    judgement.effect === 'confirmed' ||
    judgement.settled === true ||
    (neverLeft && judgement.effect === 'refuted') ||
    looked >= deadline;
  if (!settled && interrupted === undefined) {
    return record({
      type: 'step.waiting',
      ...view.at,
      because: judgement.because,
      sample,
      until: new Date(Math.max(next, view.state.now)).toISOString(),
    });
  }
  // Not yet is not no: what was stopped before its time was up may still have its effect.
  const word = settled
    ? { effect: judgement.effect, because: judgement.because }
    : { effect: 'unknown' as const, because: `stopped too early to tell: ${judgement.because}` };
  const confirms = judgement.effect === 'confirmed';
  return record({
    type: 'effect.judged',
    ...view.at,
    ...word,
    before: plain(first),
    after: plain(after),
    leaves: confirms ? (step.leaves?.(ctx) ?? []) : [],
    settles: confirms ? (step.settles?.(ctx) ?? []) : [],
  });
}

/** The probe that a `doubtful` edge leads to now, if there is one: it is offered, and never taken by itself. */
function closerLook(view: View, step: Action): Probe | undefined {
  if (step.next['doubtful'] === undefined) return undefined;
  const probe = view.book.steps[destination(view, step, 'doubtful')];
  return probe?.kind === 'probe' ? probe : undefined;
}

/** The operator looks closer; what was issued may have left what it leaves, and the run goes on knowing that. */
function examine(view: View, step: Action, because: string): Next {
  const next = leave(view, step, 'doubtful', because);
  const leaves = (step.leaves?.(view.context(step)) ?? []).map((it) => ({
    ...it,
    left: `${it.left} (perhaps: whether it came to that is not known)`,
  }));
  return next.do === 'record' && next.happening.type === 'step.concluded'
    ? record({ ...next.happening, leaves })
    : next;
}

/** It did not work: asked before the next rung is taken, and more so where the tool was stopped in the middle. */
function refuted(view: View, step: Action, phase: Acting, because: string): Next {
  const all = step.commands(view.context(step, phase.from)).length;
  const cutOff = phase.cutOff !== undefined && phase.cutOff < all;
  const stopped = `the tool was stopped when ${phase.cutOff} of ${all} commands had an answer, so the ${all === 1 ? 'command' : 'others'} may never have left`;
  return failed(view, step, phase.failed, {
    outcome: 'refuted',
    because: cutOff ? `${because}; ${stopped}` : because,
    may: ['retry', 'probe', 'by-hand'],
    ...(cutOff ? { cutOff: true } : {}),
  });
}

/** Where a judged effect leads; an unknown one is asked about, and never goes on by itself. */
export function judged(view: View, step: Action, phase: Acting, judgement: Judgement): Next {
  switch (judgement.effect) {
    case 'confirmed':
    case 'refuted':
      if (view.state.interrupted !== undefined) {
        return finish(view.state, 'aborted', `stopped by the operator; ${judgement.because}`);
      }
      return judgement.effect === 'confirmed'
        ? leave(view, step, 'confirmed', judgement.because)
        : refuted(view, step, phase, judgement.because);
    case 'unknown': {
      const left = [`${step.title}: issued, and its effect is not known (${judgement.because})`];
      const closer = closerLook(view, step);
      const over = phase.doubt === 'answered' || view.state.interrupted !== undefined;
      if (over || (phase.doubt === 'examine' && closer === undefined)) {
        return finish(view.state, 'in-doubt', judgement.because, left);
      }
      if (phase.doubt === 'examine') return examine(view, step, judgement.because);
      const question = {
        about: 'doubt' as const,
        title: step.title,
        because: judgement.because,
        options: {
          probe: 'look at it again',
          'by-hand': 'it was finished by hand: look at it again',
          ...(closer === undefined ? {} : { examine: `look closer: ${closer.title}` }),
          abort: 'stop here, in doubt',
        },
      };
      return phase.doubt === undefined
        ? record({ type: 'operator.asked', ...view.at, question })
        : { do: 'question', question, at: view.at };
    }
  }
}
