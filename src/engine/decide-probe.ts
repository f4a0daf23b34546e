import { toMs } from '../runbook/duration.ts';
import { oldest } from '../runbook/observation.ts';
import type { Query, Seen } from '../runbook/observation.ts';
import type { Concluded, ConcludeContext, Probe, Sample } from '../runbook/step.ts';
import { failuresIn } from './action-look.ts';
import { failed } from './decide-failure.ts';
import type { Next } from './next.ts';
import { destination, leave } from './route.ts';
import type { Look, Looking } from './state.ts';
import { pending, record, seen } from './view.ts';
import type { View } from './view.ts';

/** A probe looks, concludes, or waits and looks again until its time is up. */
export function decideProbe(view: View, step: Probe, phase: Looking): Next {
  const { look } = phase;
  if (phase.waitUntil !== undefined) {
    if (view.state.now < phase.waitUntil) return { do: 'wait', until: phase.waitUntil };
    const query = step.observe(view.context(step));
    const sample = look.sample + 1;
    return (
      pending(view, query, undefined, 'observe', sample) ??
      conclude(view, step, phase, samplesOf(view, step, phase))
    );
  }
  const query = step.observe(view.context(step, look.since));
  const due = pending(view, query, look, 'observe', look.sample);
  return due ?? conclude(view, step, phase, samplesOf(view, step, phase));
}

function samplesOf(view: View, step: Probe, phase: Looking): readonly Sample<Seen<Query>>[] {
  return [...phase.earlier, phase.look].map((look) => ({
    since: look.since,
    at: finishedAt(look),
    seen: seen(step.observe(view.context(step, look.since)), look),
  }));
}

const finishedAt = (look: Look): number =>
  Math.max(look.since, ...Object.values(look.answers).map((answer) => answer.at));

function conclude(
  view: View,
  step: Probe,
  phase: Looking,
  samples: readonly Sample<Seen<Query>>[],
): Next {
  const last = samples.at(-1)?.seen ?? {};
  const to = Object.fromEntries(
    Object.keys(step.next).map((outcome) => [
      outcome,
      (because: string, facts = {}): Concluded => ({ kind: 'concluded', outcome, because, facts }),
    ]),
  );
  const ctx: ConcludeContext = {
    ...view.context(step),
    to,
    wait: (because) => ({ kind: 'waiting', because }),
    samples,
  };
  const word = step.conclude(last, ctx);
  const seenAt = oldest(last) ?? view.state.now;
  if (word.kind === 'concluded') {
    const { outcome, because, facts } = word;
    return endsBlind(view, step, outcome, last)
      ? failed(view, step, phase.failed, { outcome, because, facts, seenAt, may: ['retry'] })
      : leave(view, step, outcome, because, facts, seenAt);
  }
  const watch = step.watch?.(view.context(step, phase.from));
  if (watch === undefined) {
    throw new Error(`${view.book.id}, step '${view.at.step}' waits and has no watch`);
  }
  // A look that asks nothing begins no new sample: it was taken when the wait was over.
  const looked = phase.waitUntil ?? phase.look.since;
  const deadline = phase.from + toMs(watch.within);
  const until = Math.min(looked + toMs(watch.every), deadline);
  // The last look is at the deadline, however late the ones before it were: a clock never hits its mark.
  if (looked >= deadline) {
    const { because } = word;
    return endsBlind(view, step, watch.late, last)
      ? failed(view, step, phase.failed, { outcome: watch.late, because, seenAt, may: ['retry'] })
      : leave(view, step, watch.late, because, {}, seenAt);
  }
  return record({
    type: 'step.waiting',
    ...view.at,
    because: word.because,
    sample: phase.look.sample,
    until: new Date(Math.max(until, view.state.now)).toISOString(),
  });
}

/**
 * Whether an outcome ends the run in the dark: its edge leads to an end that hands over, and something of the last look could not
 * be read. A way that was closed for a moment must not cost the whole run.
 */
function endsBlind(view: View, step: Probe, outcome: string, last: Seen<Query>): boolean {
  const next = view.book.steps[destination(view, step, outcome)];
  const handsOver =
    next?.kind === 'end' && (next.result === 'escalate' || next.result === 'unsafe');
  return handsOver && failuresIn(last).length > 0;
}
