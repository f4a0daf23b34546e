import { toMs } from '../runbook/duration.ts';
import { commandsOf, oldest } from '../runbook/observation.ts';
import type { Query } from '../runbook/observation.ts';
import { render } from '../runbook/render.ts';
import type { Action, Guard } from '../runbook/step.ts';
import { before, failuresIn, identityBefore, lookAt, plain, unreadable } from './action-look.ts';
import { cardOf } from './card.ts';
import { judged, judgeEffect, waitForHands } from './decide-effect.ts';
import { failed } from './decide-failure.ts';
import type { Card } from './events.ts';
import { finish } from './finish.ts';
import type { Next } from './next.ts';
import { leave } from './route.ts';
import type { Acting } from './state.ts';
import { pending, record, seen } from './view.ts';
import type { View } from './view.ts';

/** After so many confirmations that nobody answered the run ends, and can be gone on with: nobody has said no. */
const EXPIRIES = 5;

/**
 * An action in its order: capture, guards, blast radius, drift gate, identity before, confirmation, drift gate again, intent,
 * command, identity after (polled), judgement (DESIGN, The engine). Each part is skipped once its event is in the state.
 */
export function decideAction(view: View, step: Action, phase: Acting): Next {
  if (phase.judged !== undefined) return judged(view, step, phase, phase.judged);
  if (phase.intents > 0) return carryOut(view, step, phase);
  if (phase.expired >= EXPIRIES) {
    const because = `nobody answered '${step.title}' in time, ${EXPIRIES} times; \`sre resume\` asks again`;
    return finish(view.state, 'needs-approval', because);
  }
  const answer = phase.answer?.answer;
  if (answer === 'yes' && withoutReason(view, step, phase)) {
    return leave(view, step, 'declined', 'no reason was given');
  }
  return answer === 'yes' || answer === 'voided'
    ? confirmed(view, step, phase)
    : (prepare(view, step, phase) ?? decided(view, step, phase));
}

/** Whether the card asks for a reason and the yes came without one. */
const withoutReason = (view: View, step: Action, phase: Acting): boolean =>
  (phase.answer?.note ?? '').trim() === '' &&
  step.reason?.(view.context(step, phase.from)) !== undefined;

/** After the yes everything that allowed it is looked at once more: the signals, and every guard. */
function confirmed(view: View, step: Action, phase: Acting): Next {
  return (
    passGate(view, step, phase, 'after') ??
    judgeGuards(view, step, phase, 'after') ??
    intend(view, step, phase)
  );
}

function prepare(view: View, step: Action, phase: Acting): Next | undefined {
  const captured = lookAt(view, step, phase, 'capture', 0, (ctx) => step.capture?.(ctx) ?? {});
  const due = captured.due ?? judgeGuards(view, step, phase, 'before');
  if (due !== undefined) return due;
  if (phase.blast === undefined) {
    const blast = lookAt(view, step, phase, 'blast', phase.expired, (ctx) =>
      step.blastRadius.observe(ctx),
    );
    if (blast.due !== undefined) return blast.due;
    const measured = step.blastRadius.measure(blast.answers, view.context(step));
    const lost = captured.due === undefined ? failuresIn(captured.answers) : [];
    const unknown = [...measured.unknown, ...lost.map((it) => `evidence not captured, ${it}`)];
    return record({ type: 'blast.measured', ...view.at, counts: measured.counts, unknown });
  }
  const gate = passGate(view, step, phase, 'before');
  if (gate !== undefined) return gate;
  const identity = identityBefore(view, step, phase);
  if (identity.due !== undefined) return identity.due;
  const unread = unreadable(identity.answers);
  return unread === undefined
    ? undefined
    : blocked(view, step, phase, `the target's identity could not be read: ${unread}`);
}

/** What forbids it may pass, or be mended: the operator may have it looked at again, and never go past it. */
const blocked = (view: View, step: Action, phase: Acting, because: string): Next =>
  failed(view, step, phase.failed, { outcome: 'blocked', because, may: ['retry'] });

function guardQuery(guards: readonly Guard[]): Query {
  return Object.fromEntries(
    guards.flatMap((g, i) =>
      commandsOf(g.observe).map(({ key, command }) => [`${i}/${key}`, command]),
    ),
  );
}

/** Asks every guard: before the card is shown (anew where it expired), and again after the yes. */
function judgeGuards(
  view: View,
  step: Action,
  phase: Acting,
  gate: 'before' | 'after',
): Next | undefined {
  const sample = 2 * phase.expired + (gate === 'after' ? 1 : 0);
  const kept = phase.looks.guard;
  const look = kept?.sample === sample ? kept : undefined;
  const guards = step.guards(view.context(step, look?.since ?? view.state.now));
  const due = pending(view, guardQuery(guards), look, 'guard', sample);
  if (due !== undefined) return due;
  const index = phase.guards.length;
  const next = guards[index];
  if (next !== undefined) {
    const mine = Object.fromEntries(
      Object.entries(look?.answers ?? {}).flatMap(([key, answer]) =>
        key.startsWith(`${index}/`) ? [[key.slice(`${index}/`.length), answer]] : [],
      ),
    );
    const verdict = next.judge(
      seen(next.observe, look === undefined ? undefined : { ...look, answers: mine }),
    );
    return record({ type: 'guard.judged', ...view.at, guard: next.name, ...verdict });
  }
  const against = phase.guards.filter((g) => g.verdict !== 'holds');
  if (against.length === 0) return undefined;
  const because = against.map((g) => `${g.name}: ${g.because}`).join('; ');
  if (view.state.mode === 'plan' && phase.planned === undefined) return planned(view, step, phase);
  return voided(view, phase, gate) ?? blocked(view, step, phase, because);
}

/** Samples every deciding signal once, and goes on only where it still says the same. */
function passGate(
  view: View,
  step: Action,
  phase: Acting,
  gate: 'before' | 'after',
): Next | undefined {
  const word = gate === 'before' ? phase.gateBefore : phase.gateAfter;
  if (word === undefined) {
    const sample = gate === 'before' ? phase.expired : phase.expired + 1;
    const signals = lookAt(view, step, phase, 'drift', sample, (ctx) => step.drift.observe(ctx));
    if (signals.due !== undefined) return signals.due;
    return record({
      type: 'drift.judged',
      ...view.at,
      gate,
      seenAt: new Date(oldest(signals.answers) ?? view.state.now).toISOString(),
      ...step.drift.judge(signals.answers, view.context(step)),
    });
  }
  switch (word.drift) {
    case 'same':
      return undefined;
    case 'changed':
      return voided(view, phase, gate) ?? leave(view, step, 'drifted', word.because);
    case 'unknown':
      return (
        voided(view, phase, gate) ??
        blocked(view, step, phase, `the evidence could not be sampled again: ${word.because}`)
      );
  }
}

function voided(view: View, phase: Acting, gate: 'before' | 'after'): Next | undefined {
  return gate === 'after' && phase.answer?.answer === 'yes'
    ? record({ type: 'confirmation.answered', ...view.at, answer: 'voided', by: 'sre' })
    : undefined;
}

function decided(view: View, step: Action, phase: Acting): Next {
  if (view.state.mode === 'plan') {
    return phase.planned === true
      ? leave(
          { ...view, state: { ...view.state, predicting: true } },
          step,
          'confirmed',
          'a plan stops pretending here: what follows is predicted',
        )
      : planned(view, step, phase);
  }
  if (phase.answer === undefined) {
    const card = cardFor(view, step, phase);
    const expiresAt = (phase.gateBefore?.seenAt ?? view.state.now) + toMs(step.drift.freshWithin);
    if (phase.asked === undefined) {
      return record({
        type: 'confirmation.asked',
        ...view.at,
        card,
        expiresAt: new Date(expiresAt).toISOString(),
      });
    }
    return { do: 'confirm', card, expiresAt: phase.asked.expiresAt, at: view.at };
  }
  const note = phase.answer.note === undefined ? '' : `: ${phase.answer.note}`;
  switch (phase.answer.answer) {
    case 'yes':
    case 'voided':
      return confirmed(view, step, phase);
    case 'no':
      return leave(view, step, 'declined', `the operator said no${note}`);
    case 'skip':
      return leave(view, step, 'skipped', `skipped by the operator${note}`);
    case 'abort':
      return finish(view.state, 'aborted', `stopped by the operator${note}`);
    case 'expired':
      return leave(view, step, 'declined', 'the confirmation expired');
    default:
      throw new Error(`'${String(phase.answer.answer satisfies never)}' answers no confirmation`);
  }
}

const planned = (view: View, step: Action, phase: Acting): Next =>
  record({ type: 'action.planned', ...view.at, card: cardFor(view, step, phase) });

const cardFor = (view: View, step: Action, phase: Acting): Card =>
  cardOf(step, view.context(step, phase.from), {
    guards: phase.guards,
    blast: phase.blast,
    gate: phase.gateBefore,
  });

function intend(view: View, step: Action, phase: Acting): Next {
  const ctx = view.context(step, phase.from);
  const command = step.commands(ctx)[phase.intents];
  if (command === undefined)
    throw new Error(`${view.book.id}, step '${view.at.step}' has no command`);
  const { line, where, stdin } = render(command);
  return record({
    type: 'intent.written',
    ...view.at,
    command: command.id,
    key: `commands[${phase.intents}]`,
    argv: line,
    ...(stdin === undefined ? {} : { stdin }),
    where,
    does: command.does,
    purpose: 'act',
    sample: phase.intents,
    about: command.about,
    target: step.target(ctx).name,
    before: plain(before(view, step, phase)),
    ...(phase.answer?.byHand === true ? { byHand: true } : {}),
    ...(command.independent === true ? { independent: true } : {}),
  });
}

/** From the first intent on: the command that has one is issued once, then the effect is probed. */
function carryOut(view: View, step: Action, phase: Acting): Next {
  const { interrupted } = view.state;
  if (interrupted?.how === 'detach') {
    const left = [`${step.title}: issued, and nobody looked whether it worked`];
    return finish(view.state, 'in-doubt', interrupted.because, left);
  }
  const commands = step.commands(view.context(step, phase.from));
  const command = commands[phase.issued];
  // Ctrl-C between the intent and its command: it has not left yet, and does not any more.
  if (phase.intents > phase.issued && command !== undefined && interrupted === undefined) {
    return {
      do: 'run',
      due: [{ key: `commands[${phase.issued}]`, command }],
      at: view.at,
      purpose: 'act',
      sample: phase.issued,
      since: phase.from,
    };
  }
  const more = phase.intents < commands.length && phase.noMore === undefined;
  if (more && interrupted === undefined) return intend(view, step, phase);
  const handed = phase.answer?.byHand === true || phase.takenOver === true;
  const byHand = handed && interrupted === undefined;
  return (byHand ? waitForHands(view, step, phase) : undefined) ?? judgeEffect(view, step, phase);
}
