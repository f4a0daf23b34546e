import type { Event } from '../engine/events.ts';
import { knownValues } from './known-values.ts';
import { FAMILIES, foundBy, isSecretName } from './redaction-rules.ts';
import type { Range } from './redaction-rules.ts';

type Clean = (text: string) => string;

const MARK = /‹redacted:[a-z-]+›/g;
const mark = (kind: string): string => `‹redacted:${kind}›`;

/** Ranges that touch the same secret become one, named after the first. */
function merged(ranges: readonly Range[]): readonly Range[] {
  const all: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = all.at(-1);
    if (last === undefined || range.start >= last.end) all.push(range);
    else if (range.end > last.end) all[all.length - 1] = { ...last, end: range.end };
  }
  return all;
}

/** Characters of text that are remembered clean: some hundred answers, less than a process takes to start. */
const REMEMBERED = 4 * 1024 * 1024;

/**
 * The same function, which does not go through a text again that it went through lately: a run polls, and most of what it
 * reads and all names of fields were read before.
 */
function remembering(clean: Clean): Clean {
  const before = new Map<string, string>();
  let held = 0;
  return (text) => {
    const known = before.get(text);
    if (known !== undefined) return known;
    const cleaned = clean(text);
    held += text.length;
    if (held > REMEMBERED) {
      before.clear();
      held = text.length;
    }
    before.set(text, cleaned);
    return cleaned;
  };
}

/** Makes the function that takes the secrets out of a text: all known forms, and the values given. */
export function redactor(known: readonly string[]): Clean {
  const values = knownValues(known);
  return remembering((text) => {
    const found = [...FAMILIES.flatMap((family) => foundBy(family, text)), ...values(text)];
    if (found.length === 0) return text;
    const marks = Array.from(text.matchAll(MARK), (it) => [it.index, it.index + it[0].length]);
    const isMark = ({ start, end }: Range): boolean =>
      marks.some(([from = 0, to = 0]) => start >= from && end <= to);
    const secrets = found.filter((it) => !isMark(it));
    let clean = '';
    let from = 0;
    for (const { start, end, kind } of merged(secrets)) {
      clean += text.slice(from, start) + mark(kind);
      from = end;
    }
    return clean + text.slice(from);
  });
}

/**
 * A text without its secrets, each replaced by `‹redacted:kind›`. Text that was JSON stays JSON. Once redacted, it stays as
 * it is.
 *
 * @param known values that are secret whatever they look like (at least 6 characters each)
 */
export const redact = (text: string, known: readonly string[]): string => redactor(known)(text);

function redactDeep(value: unknown, clean: Clean, secret = false): unknown {
  if (typeof value === 'string') {
    return secret && value !== '' ? mark('field') : clean(value.toWellFormed());
  }
  if (Array.isArray(value)) return value.map((it) => redactDeep(it, clean, secret));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, it]) => [
      clean(name),
      redactDeep(it, clean, isSecretName(name)),
    ]),
  );
}

/** Makes the function that takes the secrets out of events: in every text of them, whatever the field. */
export function eventRedactor(known: readonly string[]): (event: Event) => Event {
  const clean = redactor(known);
  // Texts are replaced by texts, and nothing else: an event keeps its shape.
  return (event) => redactDeep(event, clean) as Event;
}

/** An event without secrets: applied before anything folds, shows or keeps it (DESIGN: promise 11). */
export const redactEvent = (event: Event, known: readonly string[]): Event =>
  eventRedactor(known)(event);
