import type { Event } from '../engine/events.ts';
import { sha256 } from './digest.ts';
import { misshapen } from './shape.ts';

/** The first line of every journal; the first event's `prev` is its digest. */
export const HEADER = '{"format":"sre-journal","version":1}';

/** The format this program writes and reads. */
export const VERSION = 1;

/** A line as it stands in the file (without its end), and its digest, which the next line carries as `prev`. */
export interface Line {
  readonly text: string;
  readonly digest: string;
}

const SUM = /,"sum":"([0-9a-f]{64})"\}$/;
const lineOf = (text: string): Line => ({ text, digest: sha256(text) });

/** The header as a line: where every chain begins. */
export const headerLine: Line = lineOf(HEADER);

/**
 * An event as a line: its JSON, `prev` (the digest of the line before) and `sum` (the digest of the line up to there).
 * `prev` ties each line to all before it; `sum` also covers the last line, which no later one vouches for.
 */
export function encodeLine(event: Event, prev: string): Line {
  const body = JSON.stringify({ ...event, prev });
  return lineOf(`${body.slice(0, -1)},"sum":"${sha256(body)}"}`);
}

/** An event read back from its line, or what is wrong with the line. */
export type Decoded =
  | { readonly ok: true; readonly event: Event }
  | {
      readonly ok: false;
      readonly fault: 'chain' | 'format';
      /** Its own digest holds: it was written to its end, and something else is wrong with it. */
      readonly whole: boolean;
      readonly because: string;
    };

const torn = (because: string): Decoded => ({ ok: false, fault: 'chain', whole: false, because });
const wrong = (because: string): Decoded => ({ ok: false, fault: 'chain', whole: true, because });

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const json = JSON.parse(body) as unknown;
    return typeof json === 'object' && json !== null
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Where an event must stand: after which line, in which run, at which place. */
export interface Place {
  readonly prev: string;
  readonly run: string;
  readonly seq: number;
}

/** Reads a line back. Its own digest is checked first, then its place: a line that was moved or replaced does not fit. */
export function decodeLine(text: string, place: Place): Decoded {
  const sum = SUM.exec(text);
  if (sum === null) return torn('it does not end in its own digest');
  const body = `${text.slice(0, sum.index)}}`;
  if (sha256(body) !== sum[1]) return torn('its content does not match its own digest');
  const json = parsed(body);
  if (json === undefined) return wrong('it is not a JSON object');
  const { prev, ...event } = json;
  if (prev !== place.prev) return wrong('it does not follow from the line before it');
  if (event['run'] !== place.run) return wrong(`it belongs to run ${String(event['run'])}`);
  if (event['seq'] !== place.seq) {
    return wrong(`its number is ${String(event['seq'])}, expected ${place.seq}`);
  }
  const fault = misshapen(event);
  if (fault?.is === 'unknown-type') {
    return { ok: false, fault: 'format', whole: true, because: fault.because };
  }
  if (fault !== undefined) return wrong(fault.because);
  return { ok: true, event: event as unknown as Event };
}
