/**
 * Text that came from a cluster may hold anything: escape sequences that repaint the screen, marks that reverse the reading
 * order, letters of no width. What is shown to a person passes here first. Pure.
 */

/** What {@link sanitise} leaves in place. */
export interface SanitiseOptions {
  /** Line ends stay; otherwise text becomes one line. */
  readonly newlines?: boolean;
  /** The longest result, in UTF-16 units, the mark of omission included. */
  readonly max?: number;
}

/** The longest text that is shown where nothing else is said. */
export const DEFAULT_MAX = 2000;

/** Whole control strings (OSC, DCS, SOS, PM, APC) with their terminator: their content is not for reading. */
const CONTROL_STRING =
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)/g;
/** Control sequences: `ESC [ 31 m` and its eight-bit spelling. */
const CONTROL_SEQUENCE = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g;
/** Any other escape: `ESC c`, `ESC ( B`, an introducer that never ends. */
const ESCAPE = /\x1b[ -/]*[0-~]?/g;
/** C0 and C1 controls, format characters (bidi, zero width), fillers, tags, variation selectors, lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
/** More marks on one letter than any script needs: they would climb over the lines around. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;

/** Text without anything that moves a cursor, changes a colour, hides or reorders letters; bounded, on one line. */
export function sanitise(text: string, options: SanitiseOptions = {}): string {
  const visible = text
    .replace(CONTROL_STRING, '')
    .replace(CONTROL_SEQUENCE, '')
    .replace(ESCAPE, '')
    .replaceAll('\t', ' ')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(INVISIBLE, (char) => (char === '\n' ? '\n' : ''))
    .replace(PILED_MARKS, '$1');
  const lines = options.newlines === true ? visible : visible.replace(/ *\n[\n ]*/g, ' ');
  return shorten(lines, options.max ?? DEFAULT_MAX);
}

/** At most `max` UTF-16 units, ending in `…` where something was left out; never half of a surrogate pair. */
function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max < 1) return '';
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
