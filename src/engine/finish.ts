import type { RunResult } from './events.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Next } from './next.ts';
import type { State } from './state.ts';

/** Ends the run, with everything that stays in place: what the end says, what called runbooks left, what actions changed. */
export function finish(
  state: State,
  result: RunResult,
  because: string,
  left: readonly string[] = [],
): Next {
  return {
    do: 'record',
    happening: {
      type: 'run.finished',
      result,
      because,
      left: leftBehind(state, result, left),
      followUps: state.followUps,
      exitCode: exitCodeOf(result),
    },
  };
}

/** What stays in place when a run ends so, one sentence each: also of a run that was killed, as if it had been aborted. */
export const leftBehind = (
  state: State,
  result: RunResult,
  left: readonly string[] = [],
): readonly string[] => [
  ...unfinished(state, result),
  ...state.left,
  ...left,
  ...state.followUps.map((f) => f.left),
  ...sent(state, result),
];

/** A run that stops on its way leaves what it has sent, and a system that nobody has proven well. */
const unfinished = (state: State, result: RunResult): readonly string[] =>
  ['aborted', 'failed', 'needs-approval', 'not-as-planned', 'locked'].includes(result)
    ? state.deeds.map((deed) => `${deed}; that all is well again was not proven`)
    : [];

/** Who takes over from a run that went as far as it may is told what it has done until then. */
const sent = (state: State, result: RunResult): readonly string[] =>
  ['escalate', 'unsafe'].includes(result) ? state.deeds : [];

/** The step that has issued something whose effect nobody could judge yet, if there is one. */
export function inDoubt(state: State): string | undefined {
  const frame = state.frames.at(-1);
  if (frame?.phase.is !== 'acting' || frame.phase.intents === 0) return undefined;
  const { judged } = frame.phase;
  return judged === undefined || judged.effect === 'unknown' ? frame.step : undefined;
}
