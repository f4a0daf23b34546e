import type { Answer, EventOf } from '../engine/events.ts';
import { cardLines } from './card.ts';
import type { Line, Span } from './layout.ts';
import { markOf } from './marks.ts';
import type { Pen } from './pen.ts';
import { evidenceIndent, note, stepLine } from './step-line.ts';
import { stepOf, type Story } from './story.ts';

/** What happens around an action, in words: its card, the answer, drift, its effect. Pure. */

/** An action's line and its card. */
export function cardWithTitle(
  event: EventOf<'action.planned'> | EventOf<'confirmation.asked'>,
  how: 'predicted' | 'planned' | 'asked',
  before: Story,
  pen: Pen,
): readonly Line[] {
  const { card } = event;
  const face = {
    number: stepOf(before, event)?.number ?? before.steps,
    kind: 'action' as const,
    title: card.title,
    depth: event.depth,
  };
  const mark = how === 'asked' ? pen.marks.running : pen.marks.predicted;
  const risk = pen.say(card.risk, card.risk === 'reversible' ? 'strong' : 'bad');
  const right: Line = how === 'asked' ? [risk] : [risk, { text: `, ${how}`, tone: 'faint' }];
  return [
    ...stepLine(face, { text: mark, tone: 'strong' }, right, pen),
    ...cardLines(
      card,
      {
        now: Date.parse(event.at),
        indent: evidenceIndent(event),
        predicted: how === 'predicted',
        ...(how === 'asked' ? { rest: 'v shows all' } : {}),
      },
      pen,
    ),
  ];
}

const DRIFT = {
  same: ['done', 'good', 'the evidence still stands'],
  changed: ['failed', 'bad', 'the evidence has changed'],
  unknown: ['unknown', 'doubt', 'unknown whether the evidence still stands'],
} as const;

/** Drift, guards and effects show where they decide: on the card, and in the conclusion. Elsewhere only on demand. */
export function driftLines(
  event: EventOf<'drift.judged'>,
  _before: Story,
  pen: Pen,
): readonly Line[] {
  if (!pen.style.everything) return [];
  const [mark, tone, sentence] = DRIFT[event.drift];
  const reason = pen.say(event.because === '' ? '' : `: ${event.because}`);
  return note(event, { text: pen.marks[mark], tone }, [pen.say(sentence, tone), reason], pen);
}

/** A proven effect and what it leaves, where everything is shown. */
export function effectLines(
  event: EventOf<'effect.judged'>,
  _before: Story,
  pen: Pen,
): readonly Line[] {
  if (!pen.style.everything) return [];
  const mark = markOf(pen.marks, event.effect);
  const because = pen.say(event.because === '' ? '' : `: ${event.because}`);
  return [
    ...note(event, mark, [{ ...mark, text: event.effect }, because], pen),
    ...event.leaves.flatMap(({ left, todo }) =>
      note(
        event,
        pen.marks.notDone,
        [pen.say('left', 'strong'), pen.say(`: ${left}: ${todo}`)],
        pen,
      ),
    ),
    ...(event.settles ?? []).flatMap((id) =>
      note(event, pen.marks.done, [pen.say('taken care of', 'strong'), pen.say(`: ${id}`)], pen),
    ),
  ];
}

/** The mark and words of an answer. */
export function answerSpans(
  event: EventOf<'confirmation.answered'>,
  pen: Pen,
): readonly [Span, Span] {
  const { done, failed, notDone, manual } = pen.marks;
  if (event.answer === 'yes' && event.byHand === true)
    return [{ text: manual }, pen.say(`${event.by} does it by hand; it is only proven here`)];
  const said: Readonly<Record<Answer, readonly [string, Span['tone'], string]>> = {
    yes: [done, 'good', `confirmed by ${event.by}`],
    no: [notDone, 'doubt', `declined by ${event.by}`],
    skip: [notDone, 'doubt', `skipped by ${event.by}`],
    abort: [failed, 'doubt', `stopped by ${event.by}`],
    expired: [failed, 'doubt', 'not confirmed in time: the evidence is too old'],
    voided: [failed, 'doubt', 'the confirmation is void: the evidence has changed'],
  };
  const [text, tone, sentence] = said[event.answer];
  return [tone === undefined ? { text } : { text, tone }, pen.say(sentence)];
}
