import type { Card } from '../engine/events.ts';
import type { Rendered } from '../runbook/render.ts';
import type { BlastRadius } from '../runbook/step.ts';
import { formatMs } from '../runbook/duration.ts';
import { hang, labelled, pack, wrap, type Line, type Span } from './layout.ts';
import { markOf } from './marks.ts';
import { joinedLines, type Pen } from './pen.ts';

/** The confirmation card: what is about to be done to what, what that breaks, and why it may be done. Pure. */

/** The column where evidence and cards begin. */
export const INDENT = 7;
/** The width of the labels of a card and of a run's end. */
export const LABEL = 11;

/** A command is never shortened for want of room: what is shown is what is run. */
const WHOLE = 100_000;

/** How a card is shown. */
export interface CardView {
  /** Milliseconds since 1970, UTC: gives the evidence its age. */
  readonly now: number;
  readonly indent?: number;
  /** A plan foresees it: nothing was looked at. */
  readonly predicted?: boolean;
}

/** The rows of a card, below its step line. */
export function cardLines(card: Card, view: CardView, pen: Pen): readonly Line[] {
  const { now, indent = INDENT, predicted = false } = view;
  const room = pen.columns - indent - LABEL;
  const row = (
    label: string,
    lines: readonly Line[],
    tone: Span['tone'] = 'faint',
  ): readonly Line[] => labelled({ text: label, tone }, lines, indent, LABEL);
  const commands = card.commands.flatMap((command) => commandLines(command, room, pen));
  return [
    ...(card.warning === undefined
      ? []
      : row('warning', wrap([pen.say(card.warning, 'bad')], room), 'bad')),
    ...row('target', joinedLines(targetItems(card, pen), room, pen)),
    ...row(card.commands.length === 1 ? 'command' : 'commands', commands),
    ...row('breaks', breaksLines(card.breaks, room, pen)),
    ...row(
      'guards',
      predicted ? [[pen.say('not judged: predicted')]] : guardLines(card, room, pen),
    ),
    ...row(
      'evidence',
      joinedLines(
        predicted ? [[pen.say(card.evidence.because)]] : evidenceItems(card, now, pen),
        room,
        pen,
      ),
    ),
    ...row('proof', wrap([pen.say(card.proof)], room)),
    ...row('undo', wrap([pen.say(card.undo)], room)),
  ];
}

function targetItems(card: Card, pen: Pen): readonly Line[] {
  const { kind, name, proven } = card.target;
  return [
    [pen.say(`${kind} `), pen.say(name, 'strong', WHOLE)],
    ...proven.map((fact) => [pen.say(fact, undefined, WHOLE)]),
  ];
}

/** A command as it runs: on which machine where that is not this one, and what stands on its standard input. */
export function commandLines(command: Rendered, room: number, pen: Pen): readonly Line[] {
  const prefix: Line = command.where === 'here' ? [] : [pen.say(`on ${command.where}: `, 'faint')];
  const line = hang(prefix, [pen.say(command.line, undefined, WHOLE)], room);
  if (command.stdin === undefined) return line;
  return [
    ...line,
    ...hang([pen.say('stdin: ', 'faint')], [pen.say(command.stdin, undefined, WHOLE)], room),
  ];
}

/** What breaks, in numbers and names; what could not be counted is said, never left out. */
export function breaksLines(breaks: BlastRadius, room: number, pen: Pen): readonly Line[] {
  const { counts, unknown } = breaks;
  const counted = counts.map(({ what, count, names }): Line => {
    if (count === 0) return [pen.say(`no ${what}`)];
    const named = names.length === 0 ? '' : ` (${names.join(', ')})`;
    return [pen.say(`${count} ${what}`, 'strong'), pen.say(named)];
  });
  const known = counted.length === 0 ? [] : joinedLines(counted, room, pen);
  const open = unknown.flatMap((what) =>
    hang([pen.say(`${pen.marks.unknown} `, 'doubt')], [pen.say(`unknown: ${what}`)], room),
  );
  const lines = [...known, ...open];
  return lines.length === 0 ? [[pen.say('nothing was counted')]] : lines;
}

/** Guards that hold share lines where they are short; one that does not hold has its own, and says so in words. */
function guardLines(card: Card, room: number, pen: Pen): readonly Line[] {
  if (card.guards.length === 0) return [[pen.say('none')]];
  const holding = card.guards.filter((guard) => guard.verdict === 'holds');
  const others = card.guards.filter((guard) => guard.verdict !== 'holds');
  return [
    ...others.flatMap((guard) => guardLine(guard, room, pen)),
    ...pack(
      holding.map((guard) => guardSpans(guard, pen)),
      { text: '  ' },
      room,
    ),
  ];
}

const guardSpans = (guard: Card['guards'][number], pen: Pen): Line => {
  const mark = markOf(pen.marks, guard.verdict);
  const because = guard.because === '' ? '' : `: ${guard.because}`;
  return [mark, pen.say(` ${guard.name}${because}`)];
};

/** One guard that blocks: mark, name, verdict in words, reason. */
export function guardLine(guard: Card['guards'][number], room: number, pen: Pen): readonly Line[] {
  const mark = markOf(pen.marks, guard.verdict);
  return hang(
    [{ ...mark, text: `${mark.text} ` }],
    [
      pen.say(guard.name),
      { text: ` ${guard.verdict}`, tone: mark.tone },
      pen.say(guard.because === '' ? '' : `: ${guard.because}`),
    ],
    room,
  );
}

function evidenceItems(card: Card, now: number, pen: Pen): readonly Line[] {
  const { because, seenAt, limitMs } = card.evidence;
  const age = now - Date.parse(seenAt);
  const old = Number.isNaN(age)
    ? 'age unknown'
    : `${formatMs(Math.max(0, Math.round(age / 1000) * 1000))} old`;
  return [[pen.say(because)], [pen.say(`${old} (limit ${formatMs(limitMs)})`)]];
}
