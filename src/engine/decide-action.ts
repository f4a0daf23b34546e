import { toMs } from '../runbook/duration.ts';
import { commandsOf, oldest } from '../runbook/observation.ts';
import type { Query, Seen } from '../runbook/observation.ts';
import { render } from '../runbook/render.ts';
import type { Action, Context, Guard, Judgement } from '../runbook/step.ts';
import { cardOf } from './card.ts';
import type { Purpose } from './events.ts';
import { finish } from './finish.ts';
import type { Next } from './next.ts';
import { leave } from './route.ts';
import type { Acting } from './state.ts';
import { pending, record, seen } from './view.ts';
import type { View } from './view.ts';

/** A confirmation that nobody answered this often counts as declined. */
const EXPIRIES = 5;

/**
 * An action in its order: capture, guards, blast radius, drift gate, identity before, confirmation, drift gate again, intent,
 * command, identity after (polled), judgement (DESIGN, The engine). Each part is skipped once its event is in the state.
 */
export function decideAction(view: View, step: Action, phase: Acting): Next {
  if (phase.judged !== undefined) return judged(view, step, phase, phase.judged);
  if (phase.intents > 0) return carryOut(view, step, phase);
  return prepare(view, step, phase) ?? decided(view, step, phase);
}

function lookFor(view: View, step: Action, phase: Acting, purpose: Purpose, of: (ctx: Context) => Query): Query {
  return of(view.context(step, phase.looks[purpose]?.since ?? view.state.now));
}

function prepare(view: View, step: Action, phase: Acting): Next | undefined {
  const ctx = view.context(step);
  const capture = lookFor(view, step, phase, 'capture', (c) => step.capture?.(c) ?? {});
  const due =
    pending(view, capture, phase.looks.capture, 'capture', 0) ?? judgeGuards(view, step, phase);
  if (due !== undefined) return due;
  if (phase.blast === undefined) {
    const query = lookFor(view, step, phase, 'blast', (c) => step.blastRadius.observe(c));
    return (
      pending(view, query, phase.looks.blast, 'blast', 0) ??
      record({
        type: 'blast.measured',
        ...view.at,
        ...step.blastRadius.measure(seen(query, phase.looks.blast), ctx),
      })
    );
  }
  const gate = passGate(view, step, phase, 'before');
  if (gate !== undefined) return gate;
  const identity = lookFor(view, step, phase, 'identity-before', (c) => step.effect.identity(c));
  const before = pending(view, identity, phase.looks['identity-before'], 'identity-before', 0);
  if (before !== undefined) return before;
  const unread = unreadable(seen(identity, phase.looks['identity-before']));
  return unread === undefined
    ? undefined
    : leave(view, step, 'blocked', `the target's identity could not be read: ${unread}`);
}

function guardQuery(guards: readonly Guard[]): Query {
  return Object.fromEntries(
    guards.flatMap((g, i) => commandsOf(g.observe).map(({ key, command }) => [`${i}/${key}`, command])),
  );
}

function judgeGuards(view: View, step: Action, phase: Acting): Next | undefined {
  const look = phase.looks.guard;
  const guards = step.guards(view.context(step, look?.since ?? view.state.now));
  const due = pending(view, guardQuery(guards), look, 'guard', 0);
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
  return leave(view, step, 'blocked', because);
}

/** Samples every deciding signal once, and goes on only where it still says the same. */
function passGate(view: View, step: Action, phase: Acting, gate: 'before' | 'after'): Next | undefined {
  const word = gate === 'before' ? phase.gateBefore : phase.gateAfter;
  if (word === undefined) {
    const { expired } = phase;
    const sample = gate === 'before' ? expired : expired + 1;
    const look = phase.looks.drift;
    const query = lookFor(view, step, phase, 'drift', (c) => step.drift.observe(c));
    const due = pending(view, query, look, 'drift', sample);
    if (due !== undefined) return due;
    const answers = seen(query, look);
    return record({
      type: 'drift.judged',
      ...view.at,
      gate,
      seenAt: new Date(oldest(answers) ?? view.state.now).toISOString(),
      ...step.drift.judge(answers, view.context(step)),
    });
  }
  switch (word.drift) {
    case 'same':
      return undefined;
    case 'changed':
      return voided(view, phase, gate) ?? leave(view, step, 'drifted', word.because);
    case 'unknown':
      return voided(view, phase, gate) ?? leave(view, step, 'blocked', `the evidence could not be sampled again: ${word.because}`);
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
      ? leave({ ...view, state: { ...view.state, predicting: true } }, step, 'confirmed', 'a plan stops pretending here: what follows is predicted')
      : planned(view, step, phase);
  }
  const ctx = view.context(step);
  if (phase.answer === undefined) {
    if (phase.expired >= EXPIRIES) return leave(view, step, 'declined', 'nobody answered the confirmation');
    const card = cardOf(step, ctx, { ...phase, blast: phase.blast, gate: phase.gateBefore });
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
      return passGate(view, step, phase, 'after') ?? intend(view, step, phase, ctx);
    case 'no':
      return leave(view, step, 'declined', `the operator said no${note}`);
    case 'skip':
      return leave(view, step, 'skipped', `skipped by the operator${note}`);
    case 'abort':
      return finish(view.state, 'aborted', `stopped by the operator${note}`);
    case 'expired':
      return leave(view, step, 'declined', 'the confirmation expired');
  }
}

function planned(view: View, step: Action, phase: Acting): Next {
  const card = cardOf(step, view.context(step), { guards: phase.guards, blast: phase.blast, gate: phase.gateBefore });
  return record({ type: 'action.planned', ...view.at, card });
}

function before(view: View, step: Action, phase: Acting): Seen<Query> {
  const query = lookFor(view, step, phase, 'identity-before', (c) => step.effect.identity(c));
  return seen(query, phase.looks['identity-before']);
}

function intend(view: View, step: Action, phase: Acting, ctx: Context): Next {
  const command = step.commands(ctx)[phase.intents];
  if (command === undefined) throw new Error(`${view.book.id}, step '${view.at.step}' has no command`);
  const { line, where } = render(command);
  return record({
    type: 'intent.written',
    ...view.at,
    command: command.id,
    key: `commands[${phase.intents}]`,
    argv: line,
    where,
    does: command.does,
    purpose: 'act',
    sample: phase.intents,
    about: command.about,
    target: step.target(ctx).name,
    before: plain(before(view, step, phase)),
    ...(phase.answer?.byHand === true ? { byHand: true } : {}),
  });
}

/** From the first intent on: the command that has one is issued once, then the effect is probed. */
function carryOut(view: View, step: Action, phase: Acting): Next {
  const ctx = view.context(step);
  if (view.state.interrupted?.how === 'detach') {
    const left = [`${step.title}: issued, and nobody looked whether it worked`];
    return finish(view.state, 'in-doubt', view.state.interrupted.because, left);
  }
  const commands = step.commands(ctx);
  const command = commands[phase.issued];
  if (phase.intents > phase.issued && command !== undefined) {
    const due = [{ key: `commands[${phase.issued}]`, command }];
    return { do: 'run', due, at: view.at, purpose: 'act', sample: phase.issued };
  }
  const more = phase.intents < commands.length && phase.neverBegan === undefined;
  if (more && view.state.interrupted === undefined) return intend(view, step, phase, ctx);
  return judgeEffect(view, step, phase);
}

function judgeEffect(view: View, step: Action, phase: Acting): Next {
  if (phase.waitUntil !== undefined && view.state.now < phase.waitUntil && view.state.interrupted === undefined) {
    return { do: 'wait', until: phase.waitUntil };
  }
  const look = phase.looks['identity-after'];
  const complete = look !== undefined && phase.judgingFrom !== undefined && phase.waitUntil === undefined;
  const sample = look === undefined ? 0 : complete ? look.sample : look.sample + 1;
  const query = step.effect.identity(view.context(step, complete ? look.since : view.state.now));
  const due = pending(view, query, look, 'identity-after', sample);
  if (due !== undefined) return due;
  const [first, after] = [before(view, step, phase), seen(query, look)];
  const ctx = view.context(step);
  const judgement = step.effect.judge(first, after, ctx);
  const next = (look?.since ?? view.state.now) + toMs(step.effect.every);
  const deadline = (phase.judgingFrom ?? view.state.now) + toMs(step.effect.within);
  const settled =
    judgement.effect === 'confirmed' ||
    judgement.settled === true ||
    (phase.neverBegan !== undefined && judgement.effect === 'refuted') ||
    view.state.interrupted !== undefined ||
    next > deadline;
  if (!settled) {
    return record({
      type: 'step.waiting',
      ...view.at,
      because: judgement.because,
      sample,
      until: new Date(Math.max(next, view.state.now)).toISOString(),
    });
  }
  return record({
    type: 'effect.judged',
    ...view.at,
    effect: judgement.effect,
    because: judgement.because,
    before: plain(first),
    after: plain(after),
    leaves: judgement.effect === 'confirmed' ? (step.leaves?.(ctx) ?? []) : [],
  });
}

function judged(view: View, step: Action, phase: Acting, judgement: Judgement): Next {
  switch (judgement.effect) {
    case 'confirmed':
    case 'refuted':
      return view.state.interrupted === undefined
        ? leave(view, step, judgement.effect, judgement.because)
        : finish(view.state, 'aborted', `stopped by the operator; ${judgement.because}`);
    case 'unknown': {
      const left = [`${step.title}: issued, and its effect is not known (${judgement.because})`];
      if (phase.doubt === 'answered' || view.state.interrupted !== undefined) {
        return finish(view.state, 'in-doubt', judgement.because, left);
      }
      const question = {
        about: 'doubt' as const,
        title: step.title,
        because: judgement.because,
        options: {
          probe: 'look at it again',
          'by-hand': 'it was finished by hand: look at it again',
          abort: 'stop here, in doubt',
        },
      };
      return phase.doubt === undefined
        ? record({ type: 'operator.asked', ...view.at, question })
        : { do: 'question', question, at: view.at };
    }
  }
}

/** The first thing about a target that could not be read, if any. */
function unreadable(answers: Seen<Query>): string | undefined {
  for (const [name, it] of Object.entries(plain(answers))) {
    if (typeof it === 'object' && it !== null && 'unknown' in it) return `${name}: ${String(it.unknown)}`;
  }
  return undefined;
}

/** Observations as they are journalled: the value, or `{ unknown: why }`. */
function plain(answers: Seen<Query>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(answers as Record<string, unknown>).map(([name, it]) => [name, plainOne(it)]),
  );
}

function plainOne(it: unknown): unknown {
  if (typeof it !== 'object' || it === null) return null;
  if ('ok' in it && 'at' in it) {
    if (it.ok === true && 'value' in it) return it.value ?? null;
    return { unknown: 'says' in it ? it.says : 'no answer' };
  }
  return Array.isArray(it)
    ? it.map(plainOne)
    : Object.fromEntries(Object.entries(it).map(([key, one]) => [key, plainOne(one)]));
}
