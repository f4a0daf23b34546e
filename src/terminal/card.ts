import type { Card } from '../engine/events.ts';
import type { Rendered } from '../runbook/render.ts';
import type { BlastRadius } from '../runbook/step.ts';
import { formatMs } from '../runbook/duration.ts';
import { hang, labelled, pack, widthOf, wrap, type Line, type Span } from './layout.ts';
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
  /** Where the rest of a long list can be seen: `v shows all` at a prompt. */
  readonly rest?: string;
}

/** So many commands and names are shown on a card; the rest is counted, and shown on demand. */
const COMMANDS = 5;
const NAMES = 6;

/** The first of a list, and a line that counts the others. */
const shortened = <T>(
  all: readonly T[],
  most: number,
): readonly [first: readonly T[], left: number] =>
  all.length > most ? [all.slice(0, most), all.length - most] : [all, 0];

/** The rows of a card, below its step line. */
export function cardLines(card: Card, view: CardView, pen: Pen): readonly Line[] {
  const { now, indent = INDENT, predicted = false, rest = REST } = view;
  const room = pen.columns - indent - LABEL;
  const row = (
    label: string,
    lines: readonly Line[],
    tone: Span['tone'] = 'faint',
  ): readonly Line[] => labelled({ text: label, tone }, lines, indent, LABEL);
  const [first, left] = shortened(card.commands, COMMANDS);
  const commands = [
    ...first.flatMap((command) => commandLines(command, room, pen)),
    ...(left === 0 ? [] : wrap([pen.say(`… and ${left} more (${rest})`, 'strong')], room)),
  ];
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
    ...(card.reason === undefined
      ? []
      : row('reason', wrap([pen.say(`to be typed: ${card.reason}`)], room))),
  ];
}

const REST = 'the journal has all';

/** What a card leaves out for want of room, whole: every command, and every name. Nothing where it shows all. */
export function leftOutLines(card: Card, pen: Pen): readonly Line[] {
  const room = pen.columns - PROMPT_INDENT - LABEL;
  const part = (label: string, lines: readonly Line[]): readonly Line[] =>
    labelled({ text: label, tone: 'faint' }, lines, PROMPT_INDENT, LABEL);
  const many = card.breaks.counts.some(({ names }) => names.length > NAMES);
  return [
    ...(card.commands.length > COMMANDS
      ? part(
          'commands',
          card.commands.flatMap((command) => commandLines(command, room, pen)),
        )
      : []),
    ...(many ? part('breaks', breaksLines(card.breaks, room, pen, 'all names')) : []),
  ];
}

/** The columns before what is shown at a prompt. */
const PROMPT_INDENT = 3;

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
export function breaksLines(
  breaks: BlastRadius,
  room: number,
  pen: Pen,
  names: 'first names' | 'all names' = 'first names',
): readonly Line[] {
  const { counts, unknown } = breaks;
  const most = names === 'all names' ? Number.POSITIVE_INFINITY : NAMES;
  const known = grouped(
    counts.map((it) => countSpans(it, most, pen)),
    room,
    pen,
  );
  const open = unknown.flatMap((what) =>
    hang([pen.say(`${pen.marks.unknown} `, 'doubt')], [pen.say(`unknown: ${what}`)], room),
  );
  const lines = [...known, ...open];
  return lines.length === 0 ? [[pen.say('nothing was counted')]] : lines;
}

function countSpans(
  { what, many = what, count, names }: BlastRadius['counts'][number],
  most: number,
  pen: Pen,
): Line {
  if (count === 0) return [pen.say(`no ${what}`)];
  const [first, left] = shortened(names, most);
  const more = left === 0 ? '' : `, … and ${left} more`;
  const named = names.length === 0 ? '' : ` (${first.join(', ')}${more})`;
  return [
    pen.say(`${count} ${count === 1 ? what : many}`, 'strong'),
    pen.say(named, undefined, WHOLE),
  ];
}

/** Counts that fit share lines; one that is longer than a line stands alone, what is left of it set off. */
function grouped(counts: readonly Line[], room: number, pen: Pen): readonly Line[] {
  const lines: Line[] = [];
  let together: Line[] = [];
  const flush = (): void => {
    if (together.length > 0) lines.push(...joinedLines(together, room, pen));
    together = [];
  };
  for (const count of counts) {
    if (widthOf(count) <= room) {
      together.push(count);
      continue;
    }
    flush();
    const [first = [], ...rest] = wrap(count, room - 2);
    lines.push(first, ...rest.map((line): Line => [{ text: '  ' }, ...line]));
  }
  flush();
  return lines;
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
