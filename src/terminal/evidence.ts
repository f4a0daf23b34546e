import { hang, type Line } from './layout.ts';
import { toAscii } from './marks.ts';
import type { Pen } from './pen.ts';
import { sanitise } from './sanitise.ts';

/** Raw outputs as the operator looks at them before deciding. Pure. */

/** A command's output: what it was, and what came back. */
export interface Evidence {
  readonly title: string;
  readonly text: string;
}

const HEAD = 30;
const TAIL = 10;
const MAX = 20_000;

/** Each output under its title, its line ends kept; of a long one the beginning and the end. */
export function evidenceLines(all: readonly Evidence[], pen: Pen): readonly Line[] {
  if (all.length === 0) return [[pen.say('   nothing was read yet', 'faint')]];
  return all.flatMap(({ title, text }) => [
    [{ text: '   ' }, pen.say(title, 'strong')],
    ...body(text, pen),
  ]);
}

function body(text: string, pen: Pen): readonly Line[] {
  const safe = sanitise(text, { newlines: true, max: MAX }).trimEnd();
  if (safe === '') return [[pen.say('     (empty)', 'faint')]];
  const shown = pen.style.ascii ? toAscii(safe) : safe;
  const lines = hang([{ text: '     ' }], [{ text: shown }], pen.columns);
  const left = lines.length - HEAD - TAIL;
  if (left <= 1) return lines;
  const gap: Line = [
    pen.say(`     … ${left} lines left out; all of it is in the journal …`, 'faint'),
  ];
  return [...lines.slice(0, HEAD), gap, ...lines.slice(-TAIL)];
}
