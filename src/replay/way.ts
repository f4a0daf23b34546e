import type { Card, Happening } from '../engine/events.ts';

/** What of a card decides what the operator would have agreed to. */
const cardWay = ({ target, commands, risk, guards, skippable, reason }: Card): unknown => ({
  target: { kind: target.kind, name: target.name },
  commands: commands.map(({ line, where, stdin }) => ({ line, where, stdin })),
  risk,
  guards: guards.map(({ name, verdict }) => ({ name, verdict })),
  skippable,
  asksForReason: reason !== undefined,
});

/**
 * The part of a decision that leads the way: where it differs, the run goes another way. The rest of it is wording, times and
 * facts: where only they differ, what follows is still the same.
 */
export function wayOf(happening: Happening): unknown {
  const { type } = happening;
  switch (happening.type) {
    case 'step.entered': {
      const { step, visit, depth, kind, predicted, called } = happening;
      const calls = called === undefined ? undefined : [called.runbook, called.params];
      return { type, step, visit, depth, kind, predicted, calls };
    }
    case 'step.waiting':
      return { type, step: happening.step, sample: happening.sample };
    case 'step.concluded': {
      const { step, visit, depth, outcome, to, predicted } = happening;
      return { type, step, visit, depth, outcome, to, predicted };
    }
    case 'guard.judged':
      return { type, guard: happening.guard, verdict: happening.verdict };
    case 'blast.measured':
      return { type };
    case 'drift.judged':
      return { type, gate: happening.gate, drift: happening.drift };
    case 'action.planned':
    case 'confirmation.asked':
      return { type, card: cardWay(happening.card) };
    case 'intent.written': {
      const { key, argv, stdin, where, does, purpose, sample, target, byHand, independent } =
        happening;
      return { type, key, argv, stdin, where, does, purpose, sample, target, byHand, independent };
    }
    case 'effect.judged':
      return { type, effect: happening.effect };
    case 'operator.asked': {
      const { question } = happening;
      const { about } = question;
      return about === 'manual'
        ? { type, about }
        : { type, about, options: Object.keys(question.options).toSorted() };
    }
    case 'run.finished':
      return { type, result: happening.result, exitCode: happening.exitCode };
    // These come from outside: nothing decides them.
    case 'command.started':
    case 'command.finished':
    case 'confirmation.answered':
    case 'operator.answered':
    case 'operator.noted':
    case 'run.started':
    case 'run.resumed':
    case 'run.interrupted':
    case 'lock.judged':
      return { type };
  }
}
