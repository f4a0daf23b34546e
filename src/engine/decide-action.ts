import { toMs } from '../runbook/duration.ts';
import { answersOf, commandsOf, oldest } from '../runbook/observation.ts';
import type { Query, Seen } from '../runbook/observation.ts';
import { pasteable, render } from '../runbook/render.ts';
import type { Action, Context, Guard, Judgement } from '../runbook/step.ts';
import { cardOf } from './card.ts';
import type { Card, Purpose } from './events.ts';
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
  if (phase.expired >= EXPIRIES) {
    return leave(view, step, 'declined', `the confirmation expired ${EXPIRIES} times`);
  }
  const answer = phase.answer?.answer;
  return answer === 'yes' || answer === 'voided'
    ? confirmed(view, step, phase)
    : (prepare(view, step, phase) ?? decided(view, step, phase));
}

/** After the yes everything that allowed it is looked at once more: the signals, and every guard. */
function confirmed(view: View, step: Action, phase: Acting): Next {
  return (
    passGate(view, step, phase, 'after') ??
    judgeGuards(view, step, phase, 'after') ??
    intend(view, step, phase)
  );
}

/** What a look of this action still has to run, or its answers. */
type Looked = { readonly due: Next } | { readonly due?: never; readonly answers: Seen<Query> };

function lookAt(
  view: View,
  step: Action,
  phase: Acting,
  purpose: Purpose,
  sample: number,
  of: (ctx: Context) => Query,
): Looked {
  const kept = phase.looks[purpose];
  const look = kept?.sample === sample ? kept : undefined;
  const query = of(view.context(step, look?.since));
  const due = pending(view, query, look, purpose, sample);
  return due === undefined ? { answers: seen(query, look) } : { due };
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
    : leave(view, step, 'blocked', `the target's identity could not be read: ${unread}`);
}

/** Read again for every confirmation that is asked: what it is compared with must not be older than the yes. */
const identityBefore = (view: View, step: Action, phase: Acting): Looked =>
  lookAt(view, step, phase, 'identity-before', phase.expired, (ctx) => step.effect.identity(ctx));

function before(view: View, step: Action, phase: Acting): Seen<Query> {
  const identity = identityBefore(view, step, phase);
  if (identity.due !== undefined) throw new Error('the identity before was never read');
  return identity.answers;
}

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
  return voided(view, phase, gate) ?? leave(view, step, 'blocked', because);
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
        leave(view, step, 'blocked', `the evidence could not be sampled again: ${word.because}`)
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
  const byHand = phase.answer?.byHand === true && interrupted === undefined;
  return (byHand ? waitForHands(view, step, phase) : undefined) ?? judgeEffect(view, step, phase);
}

/** A person works while the question stands; the time for the effect begins when they say that it is done. */
function waitForHands(view: View, step: Action, phase: Acting): Next | undefined {
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
    instructions: commands.map((it) => `${it.where}: ${pasteable(it)}`),
  };
  return phase.hands === undefined
    ? record({ type: 'operator.asked', ...view.at, question })
    : { do: 'question', question, at: view.at };
}

function judgeEffect(view: View, step: Action, phase: Acting): Next {
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
  return record({
    type: 'effect.judged',
    ...view.at,
    ...word,
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

/** What a look could not read, and why. */
const failuresIn = (answers: Seen<Query>): readonly string[] =>
  Object.entries(answersOf(answers)).flatMap(([key, it]) => (it.ok ? [] : [`${key}: ${it.says}`]));

/** The first thing about a target that could not be read, if any. */
const unreadable = (answers: Seen<Query>): string | undefined => failuresIn(answers)[0];

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
