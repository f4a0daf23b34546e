import type { Observer } from '../engine/ports.ts';

/** Where text goes: a stream, or a test. */
export interface Sink {
  readonly write: (text: string) => unknown;
}

/** Valid inside JSON strings as they are, and able to reorder or hide text on a terminal. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** One event as one line of JSON; the data is unchanged, what a terminal might obey is escaped. */
export const toJsonLine = (event: unknown): string =>
  `${JSON.stringify(event).replace(UNSEEN, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;

/** `--json`: each event as one line, to standard output. */
export const jsonLines = (out: Sink): Observer => ({
  saw: (event) => void out.write(toJsonLine(event)),
});
