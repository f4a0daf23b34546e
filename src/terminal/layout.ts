import { columnsOf, columnsOfChar } from './width.ts';

/**
 * Lines are spans of text with a tone each; colour is put on at the very end, by `paint.ts`, or not at all. Everything here
 * is pure: wrapping, hanging indents, right alignment.
 */

/** What a span is to its reader. A tone never carries meaning alone: the words or marks say the same. */
export type Tone = 'good' | 'bad' | 'doubt' | 'strong' | 'faint';

export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

export type Line = readonly Span[];

/** A line without its tones. */
export const toText = (line: Line): string => line.map((span) => span.text).join('');

/** The columns a line takes. */
export const widthOf = (line: Line): number => columnsOf(toText(line));

/** The columns that are laid out for a terminal of this many: never fewer than 80, never more than 120. */
export const usable = (columns: number): number => Math.min(120, Math.max(80, Math.floor(columns)));

interface Cell {
  readonly char: string;
  readonly columns: number;
  readonly tone: Tone | undefined;
}

const toCells = (line: Line): readonly Cell[] =>
  line.flatMap((span) =>
    Array.from(span.text, (char) => ({ char, columns: columnsOfChar(char), tone: span.tone })),
  );

function toLine(cells: readonly Cell[]): Line {
  const spans: { text: string; tone: Tone | undefined }[] = [];
  for (const { char, tone } of cells) {
    const last = spans.at(-1);
    if (last !== undefined && last.tone === tone) last.text += char;
    else spans.push({ text: char, tone });
  }
  return spans.map(({ text, tone }) => (tone === undefined ? { text } : { text, tone }));
}

/** In a word that is longer than a line: behind a sign that joins, unless that leaves most of the line empty. */
function softBreak(cells: readonly Cell[], start: number, end: number): number {
  const earliest = start + Math.ceil((end - start) / 4);
  for (let i = end; i > earliest; i--) if (/[,;/&=]/.test(cells[i - 1]?.char ?? '')) return i;
  return end;
}

/** Where the line that begins at `start` ends, and where the next begins. */
function breakAt(
  cells: readonly Cell[],
  start: number,
  columns: number,
): readonly [number, number] {
  let used = 0;
  let space = -1;
  let inWord = false;
  for (let i = start; i < cells.length; i++) {
    const cell = cells[i];
    if (cell === undefined || cell.char === '\n') return [i, i + 1];
    if (cell.char === ' ') {
      if (inWord) space = i;
      if (used + 1 > columns && inWord) return [i, i + 1];
    } else inWord = true;
    used += cell.columns;
    if (used > columns && i > start) {
      if (space > start) return [space, space + 1];
      const soft = softBreak(cells, start, i);
      return [soft, soft];
    }
  }
  return [cells.length, cells.length];
}

/** Breaks a line at spaces (and inside a word that is longer than a line) into lines of at most `columns`. */
export function wrap(line: Line, columns: number): readonly Line[] {
  const cells = toCells(line);
  const lines: Line[] = [];
  let start = 0;
  do {
    const [end, next] = breakAt(cells, start, columns);
    let last = end;
    while (last > start && cells[last - 1]?.char === ' ') last--;
    lines.push(toLine(cells.slice(start, last)));
    const forced = cells[end]?.char === '\n';
    start = next;
    if (!forced) while (cells[start]?.char === ' ') start++;
  } while (start < cells.length);
  return lines;
}

/** A prefix, then text whose further lines hang under its first. */
export function hang(prefix: Line, line: Line, columns: number): readonly Line[] {
  const indent = widthOf(prefix);
  return wrap(line, Math.max(1, columns - indent)).map((part, i) =>
    i === 0
      ? [...prefix, ...part]
      : part.length === 0
        ? []
        : [{ text: ' '.repeat(indent) }, ...part],
  );
}

/** A prefix and text, hanging, with `right` at the right edge of the first line. */
export function hangWithRight(
  prefix: Line,
  line: Line,
  right: Line,
  columns: number,
): readonly Line[] {
  const reserved = right.length === 0 ? 0 : widthOf(right) + 2;
  const [first = [], ...rest] = hang(prefix, line, columns - reserved);
  if (right.length === 0) return [first, ...rest];
  const gap = ' '.repeat(Math.max(2, columns - widthOf(first) - widthOf(right)));
  return [[...first, { text: gap }, ...right], ...rest];
}

/** Puts whole items on a line, `gap` between them, while they fit; an item that is longer than a line is wrapped alone. */
export function pack(items: readonly Line[], gap: Span, columns: number): readonly Line[] {
  const lines: Line[] = [];
  let open: Line | undefined;
  for (const item of items) {
    const longer: Line = open === undefined ? item : [...open, gap, ...item];
    if (widthOf(longer) <= columns) {
      open = longer;
      continue;
    }
    if (open !== undefined) lines.push(open);
    open = widthOf(item) <= columns ? item : undefined;
    if (open === undefined) lines.push(...hang([], item, columns));
  }
  return open === undefined ? lines : [...lines, open];
}

/** Each line behind `indent` columns, the first behind `label` (padded to them). */
export function labelled(
  label: Span,
  lines: readonly Line[],
  indent: number,
  width: number,
): readonly Line[] {
  const pad = ' '.repeat(indent);
  const padded = `${label.text}${' '.repeat(Math.max(1, width - columnsOf(label.text)))}`;
  return lines.map((line, i) => [
    { text: pad },
    i === 0 ? { ...label, text: padded } : { text: ' '.repeat(width) },
    ...line,
  ]);
}
