import type { Step } from '../runbook/step.ts';
import type { Acting, Frame, Look, Phase } from './state.ts';

/** How the phases of a step begin, and how one is changed. */

/** A look of which nothing was answered yet. */
export const newLook = (sample: number, since: number): Look => ({
  sample,
  since,
  answers: {},
  intended: [],
});

/** A visit of an action in which nothing has happened yet. */
export const newActing = (now: number): Acting => ({
  is: 'acting',
  from: now,
  looks: {},
  guards: [],
  expired: 0,
  intents: 0,
  issued: 0,
});

/** What a step does first. */
export function phaseOf(kind: Step['kind'], now: number): Phase {
  switch (kind) {
    case 'probe':
      return { is: 'looking', from: now, earlier: [], look: newLook(0, now) };
    case 'action':
      return newActing(now);
    case 'manual':
    case 'choice':
      return { is: 'asking' };
    case 'call':
      return { is: 'calling' };
    case 'end':
      return { is: 'ending' };
  }
}

/** Changes a frame in that phase, and leaves one in another alone. */
export function inPhase<K extends Phase['is']>(
  frame: Frame,
  is: K,
  change: (phase: Extract<Phase, { is: K }>) => Phase,
): Frame {
  const { phase } = frame;
  return phase.is === is ? { ...frame, phase: change(phase as Extract<Phase, { is: K }>) } : frame;
}

/** Probe again: the effect is judged over a whole window, from a new look on. */
export function judgedAnew(phase: Acting): Acting {
  const { judged: _j, doubt: _d, judgingFrom: _f, waitUntil: _w, failed: _a, ...rest } = phase;
  return rest;
}
