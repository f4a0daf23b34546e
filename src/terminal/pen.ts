import { marksFor, toAscii, type Marks } from './marks.ts';
import { pack, usable, type Line, type Span, type Tone } from './layout.ts';
import { sanitise } from './sanitise.ts';

/** How lines are to be written: what the surroundings allow. */
export interface Style {
  /** The columns to fill; brought to 80…120. */
  readonly columns: number;
  /** The terminal shows ASCII alone. */
  readonly ascii: boolean;
  /** Every event gets its line (append-only output); otherwise only what stays on a guided screen. */
  readonly everything: boolean;
  /** The run's folder, for the last line. */
  readonly journal?: string;
}

/** Writes spans in one style; everything that it is given to say is made safe to show. */
export interface Pen {
  readonly style: Style;
  readonly columns: number;
  readonly marks: Marks;
  /** A span of foreign text: sanitised, one line, bounded. */
  readonly say: (text: string, tone?: Tone, max?: number) => Span;
}

/** A pen for a style. `margin` columns are kept free (for a time prefix). */
export function penFor(style: Style, margin = 0): Pen {
  return {
    style,
    columns: usable(style.columns) - margin,
    marks: marksFor(style.ascii),
    say: (text, tone, max) => {
      const safe = sanitise(text, max === undefined ? {} : { max });
      const shown = style.ascii ? toAscii(safe) : safe;
      return tone === undefined ? { text: shown } : { text: shown, tone };
    },
  };
}

const separator = (pen: Pen): Span => ({ text: ` ${pen.marks.between} `, tone: 'faint' });

/** Items with the sign between them, `a · b · c`, in lines that break between items where they can. */
export const joinedLines = (items: readonly Line[], columns: number, pen: Pen): readonly Line[] =>
  pack(items, separator(pen), columns);

/** `11:03:09` of an ISO 8601 time, UTC. */
export const timeOfDay = (iso: string): string => {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? '??:??:??' : new Date(ms).toISOString().slice(11, 19);
};
