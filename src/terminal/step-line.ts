import type { At, EventOf } from '../engine/events.ts';
import type { Step } from '../runbook/step.ts';
import { formatMs } from '../runbook/duration.ts';
import { hang, hangWithRight, type Line, type Span } from './layout.ts';
import { INDENT } from './card.ts';
import { markOf, markOfKind } from './marks.ts';
import type { Pen } from './pen.ts';
import type { OpenStep } from './story.ts';

/** The line of a step, ` 1 ✔ ? Is the leader stuck, slow, or gone?   60.4 s`, and what stands below it. Pure. */

/** What a step line says of its step. */
export interface StepFace {
  readonly number: number;
  readonly kind: Step['kind'];
  readonly title: string;
  readonly depth: number;
}

/** How far the steps of a called runbook are moved to the right. */
const indentOf = (depth: number): number => 2 * Math.min(depth, 4);

/** The column where the evidence of a step at this depth begins. */
export const evidenceIndent = (at: Pick<At, 'depth'>): number => INDENT + indentOf(at.depth);

/** The step line: number, mark, kind, title, and `right` at the right edge. */
export function stepLine(face: StepFace, mark: Span, right: Line, pen: Pen): readonly Line[] {
  const prefix: Line = [
    { text: `${String(face.number).padStart(2)} ${' '.repeat(indentOf(face.depth))}` },
    mark,
    { text: ` ${markOfKind(pen.marks, face.kind)} ` },
  ];
  return hangWithRight(prefix, [pen.say(face.title)], right, pen.columns);
}

/** Ends of a called runbook after which its caller need not worry. */
const GOOD_ENDS: readonly string[] = ['resolved', 'not-this-incident'];

/** The mark of a step that is over. For an action only its proven effect counts, for a call how the other runbook ended. */
function concludedMark(step: OpenStep, outcome: string, predicted: boolean, pen: Pen): Span {
  if (predicted) return { text: pen.marks.predicted, tone: 'faint' };
  if (step.kind === 'call' && !GOOD_ENDS.includes(outcome))
    return { text: pen.marks.failed, tone: 'bad' };
  if (step.kind !== 'action') return { text: pen.marks.done, tone: 'good' };
  if (step.effect === undefined) return { text: pen.marks.notDone, tone: 'doubt' };
  return markOf(pen.marks, step.effect);
}

/** A concluded step with its evidence and its outcome. */
export function concludedLines(
  event: EventOf<'step.concluded'>,
  step: OpenStep | undefined,
  pen: Pen,
): readonly Line[] {
  const predicted = event.predicted === true;
  const right: Line = predicted
    ? [{ text: 'predicted', tone: 'faint' }]
    : step === undefined
      ? []
      : [{ text: formatMs(Math.max(0, Date.parse(event.at) - step.enteredAt)), tone: 'faint' }];
  const indent: Line = [{ text: ' '.repeat(evidenceIndent(event)) }];
  const ended =
    step?.calls === undefined || predicted
      ? []
      : [pen.say(step.calls, 'strong'), pen.say(' has ended: ')];
  // What was never looked at has no evidence, and its line says that it is predicted.
  const because =
    event.because === '' || (predicted && step?.predicted === true)
      ? []
      : hang(indent, [...ended, pen.say(event.because)], pen.columns);
  const next = pen.style.everything ? ` (next: ${event.to})` : '';
  const foreseen = predicted ? ' (predicted)' : '';
  return [
    ...(step === undefined || step.planned
      ? []
      : stepLine(step, concludedMark(step, event.outcome, predicted, pen), right, pen)),
    ...because,
    ...hang(
      [...indent, pen.say('→ ', 'faint')],
      [pen.say(event.outcome, 'strong'), pen.say(`${foreseen}${next}`, 'faint')],
      pen.columns,
    ),
  ];
}

/** A mark and a sentence below a step. */
export function note(
  at: { readonly depth: number },
  mark: string | Span,
  sentence: Line,
  pen: Pen,
): readonly Line[] {
  const sign: Span = typeof mark === 'string' ? { text: mark } : mark;
  const indent = ' '.repeat(evidenceIndent(at));
  return hang([{ text: indent }, sign, { text: ' ' }], sentence, pen.columns);
}
