import { toMs } from '../runbook/duration.ts';
import { render } from '../runbook/render.ts';
import type { Action, BlastRadius, Context } from '../runbook/step.ts';
import type { Card } from './events.ts';
import type { Acting, GateWord } from './state.ts';

const NOTHING_MEASURED: BlastRadius = { counts: [], unknown: ['nothing was measured'] };

/** Exactly what is shown before an action, made from the very commands that will run. */
export function cardOf(
  step: Action,
  ctx: Context,
  known: {
    readonly guards: Acting['guards'];
    readonly blast: BlastRadius | undefined;
    readonly gate: GateWord | undefined;
  },
): Card {
  const warning = step.warn?.(ctx);
  const reason = step.reason?.(ctx);
  return {
    title: step.title,
    risk: step.risk,
    target: step.target(ctx),
    commands: step.commands(ctx).map(render),
    breaks: known.blast ?? NOTHING_MEASURED,
    guards: known.guards,
    evidence: {
      because: known.gate?.because ?? 'not sampled: this step is predicted',
      seenAt: new Date(known.gate?.seenAt ?? ctx.now).toISOString(),
      limitMs: toMs(step.drift.freshWithin),
    },
    proof: step.effect.proof,
    undo: step.undo,
    ...(warning === undefined ? {} : { warning }),
    ...(reason === undefined ? {} : { reason }),
    skippable: 'skipped' in step.next,
  };
}
