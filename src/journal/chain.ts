import type { Event } from '../engine/events.ts';
import { decodeLine, HEADER, headerLine, VERSION } from './line.ts';
import { sha256 } from './digest.ts';

/** A last line that was not written to its end: the process or the machine died on it. It was never acted upon. */
export interface Torn {
  readonly line: number;
  /** What a repair cuts off; 0 where only the line's end is missing and the event is whole. */
  readonly droppedBytes: number;
}

/** A journal's bytes, verified. Events are as stored: large outputs still stand as references. */
export type Chain =
  | {
      readonly ok: true;
      readonly events: readonly Event[];
      /** The digest of the last good line: the next line's `prev`. */
      readonly digest: string;
      /** How many bytes are good. */
      readonly length: number;
      readonly torn?: Torn;
    }
  | {
      readonly ok: false;
      readonly fault: 'format' | 'chain';
      /** From 1: the header. */
      readonly line: number;
      readonly because: string;
      /** What stands before that line, and how many bytes it is: sound, and not the whole. */
      readonly sound: { readonly events: readonly Event[]; readonly length: number };
    };

type Broken = Extract<Chain, { ok: false }>;
const NOTHING_SOUND: Broken['sound'] = { events: [], length: 0 };
const broken = (line: number, because: string, sound: Broken['sound']): Broken => ({
  ok: false,
  fault: 'chain',
  line,
  because,
  sound,
});
const foreign = (because: string): Broken => ({
  ok: false,
  fault: 'format',
  line: 1,
  because,
  sound: NOTHING_SOUND,
});

function wrongHeader(text: string): Broken {
  const version = /^\{"format":"sre-journal","version":(\d{1,9})\}$/.exec(text)?.[1];
  if (version === undefined) return foreign('it is not the first line of an sre journal');
  const age = Number(version) > VERSION ? 'a newer' : 'an older';
  const because = `it is format ${version}, of ${age} sre; this one reads format ${VERSION}`;
  return foreign(because);
}

const NEWLINE = 0x0a;
/** What is not UTF-8 decodes to U+FFFD: another text, which no digest fits, or the very text that was written. */
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
/** A power cut leaves zeros where bytes never arrived. */
const isWhole = (bytes: Uint8Array): boolean => !bytes.includes(0);

/** The lines that have an end, and the bytes after the last of them. */
function split(bytes: Uint8Array): { readonly lines: readonly Uint8Array[]; tail: Uint8Array } {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return { lines, tail: bytes.subarray(from) };
}

/**
 * Verifies a journal from its first byte to its last: the header, every line's own digest, the chain from line to line,
 * and the events' numbers. Only the last line may be incomplete: each line is on disk before the next one is written.
 */
export function verifyChain(bytes: Uint8Array, run: string): Chain {
  const { lines, tail } = split(bytes);
  const [first, ...rest] = lines;
  if (first === undefined) return emptyChain(tail);
  if (text(first) !== HEADER) return wrongHeader(text(first));

  const events: Event[] = [];
  let { digest } = headerLine;
  let length = first.length + 1;
  const place = (): { prev: string; run: string; seq: number } => ({
    prev: digest,
    run,
    seq: events.length + 1,
  });
  for (const [i, bytesOfLine] of rest.entries()) {
    const line = text(bytesOfLine);
    const decoded = decodeLine(line, place());
    if (!decoded.ok) {
      const isLast = i === rest.length - 1 && tail.length === 0;
      if (!isLast || isWhole(bytesOfLine)) {
        return { ...broken(i + 2, decoded.because, { events, length }), fault: decoded.fault };
      }
      // A power cut can leave zeros where the last line's bytes never arrived.
      return { ok: true, events, digest, length, torn: tornAt(i + 2, bytesOfLine.length + 1) };
    }
    events.push(decoded.event);
    digest = sha256(bytesOfLine);
    length += bytesOfLine.length + 1;
  }
  if (tail.length === 0) return { ok: true, events, digest, length };

  const last = decodeLine(text(tail), place());
  const line = lines.length + 1;
  if (!last.ok && last.whole) {
    return { ...broken(line, last.because, { events, length }), fault: last.fault };
  }
  if (!last.ok) return { ok: true, events, digest, length, torn: tornAt(line, tail.length) };
  // Only its end is missing. It may have been acted upon: dropping it could hide an intent.
  return {
    ok: true,
    events: [...events, last.event],
    digest: sha256(tail),
    length: length + tail.length,
    torn: tornAt(line, 0),
  };
}

const tornAt = (line: number, droppedBytes: number): Torn => ({ line, droppedBytes });

function emptyChain(tail: Uint8Array): Chain {
  if (!HEADER.startsWith(text(tail))) return wrongHeader(text(tail));
  const whole = tail.length === HEADER.length;
  return {
    ok: true,
    events: [],
    digest: headerLine.digest,
    length: whole ? tail.length : 0,
    torn: tornAt(1, whole ? 0 : tail.length),
  };
}
