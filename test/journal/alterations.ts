import * as fc from 'fast-check';
import type { Event } from '../../src/engine/events.ts';
import { encodeLine, HEADER, headerLine } from '../../src/journal/line.ts';

/** What may become of a journal between two lives of the tool: on a failing disk, by a copy, by a hand. */

/** The bytes of these events as a journal has them, its chain whole. */
export function journalOf(events: readonly unknown[]): Buffer {
  let { digest } = headerLine;
  const lines = events.map((event) => {
    const line = encodeLine(event as Event, digest);
    ({ digest } = line);
    return line.text;
  });
  return Buffer.from(`${[HEADER, ...lines].join('\n')}\n`);
}

const anywhere = (bytes: Buffer) => fc.nat(Math.max(0, bytes.length - 1));
const linesOf = (bytes: Buffer): readonly string[] =>
  bytes.toString('latin1').split('\n').slice(0, -1);
const ofLines = (lines: readonly string[]): Buffer =>
  Buffer.from(`${lines.join('\n')}\n`, 'latin1');

const cut = (bytes: Buffer) => anywhere(bytes).map((at) => bytes.subarray(0, at));

const flip = (bytes: Buffer) =>
  fc.tuple(anywhere(bytes), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ by;
    return changed;
  });

const insert = (bytes: Buffer) =>
  fc
    .tuple(anywhere(bytes), fc.uint8Array({ minLength: 1, maxLength: 40 }))
    .map(([at, more]) => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]));

const leaveOut = (bytes: Buffer) =>
  fc
    .tuple(anywhere(bytes), fc.integer({ min: 1, max: 400 }))
    .map(([at, n]) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + n)]));

/** Bytes that never reached the disk read as zeros. */
const blank = (bytes: Buffer) =>
  fc.tuple(anywhere(bytes), fc.integer({ min: 1, max: 4096 })).map(([at, n]) => {
    const changed = Buffer.from(bytes);
    changed.fill(0, at, Math.min(at + n, changed.length));
    return changed;
  });

const twice = (bytes: Buffer) =>
  fc
    .tuple(anywhere(bytes), fc.integer({ min: 1, max: 2000 }))
    .map(([at, n]) => Buffer.concat([bytes.subarray(0, at + n), bytes.subarray(at)]));

const swapLines = (bytes: Buffer) =>
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => {
    const lines = [...linesOf(bytes)];
    const [i, j] = [a % lines.length, b % lines.length];
    [lines[i], lines[j]] = [lines[j] ?? '', lines[i] ?? ''];
    return ofLines(lines);
  });

const dropLine = (bytes: Buffer) =>
  fc.nat().map((at) => {
    const lines = linesOf(bytes);
    return ofLines(lines.filter((_, i) => i !== at % lines.length));
  });

const doubleLine = (bytes: Buffer) =>
  fc.nat().map((at) => {
    const lines = linesOf(bytes);
    const i = at % lines.length;
    return ofLines([...lines.slice(0, i + 1), ...lines.slice(i)]);
  });

/** The beginning of one journal with the end of another one: of another run, or of another life of the same. */
const graft = (bytes: Buffer, others: readonly Buffer[]) =>
  fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(...others)).map(([a, b, other]) => {
    const [mine, theirs] = [linesOf(bytes), linesOf(other)];
    return ofLines([
      ...mine.slice(0, 1 + (a % mine.length)),
      ...theirs.slice(1 + (b % theirs.length)),
    ]);
  });

/** Changes by somebody who does not know, or does not care, how the lines are chained. */
export const altered = (bytes: Buffer, others: readonly Buffer[]): fc.Arbitrary<Buffer> =>
  fc.oneof(
    cut(bytes),
    flip(bytes),
    insert(bytes),
    leaveOut(bytes),
    blank(bytes),
    twice(bytes),
    swapLines(bytes),
    dropLine(bytes),
    doubleLine(bytes),
    graft(bytes, others),
    fc.uint8Array({ maxLength: 300 }).map((it) => Buffer.from(it)),
  );

type Plain = Readonly<Record<string, unknown>>;

const STRANGE: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    '__proto__',
    'constructor',
    -1,
    0,
    1e308,
    null,
    [],
    {},
    'x'.repeat(100_000),
    'confirmed',
    'yes',
    'mutates',
    'act',
    '2026-04-22T09:20:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ),
);

/** Every path to a value of an event that is not an object itself, and to every object. */
function pathsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, it]) => pathsIn(it, [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((it: unknown, i) => (String(i) === name ? replaced(it, rest, by) : it));
  }
  const object = (typeof value === 'object' && value !== null ? value : {}) as Plain;
  const entries = Object.entries(object).flatMap(([key, it]) => {
    if (key !== name) return [[key, it] as const];
    const now = replaced(it, rest, by);
    return now === undefined ? [] : [[key, now] as const];
  });
  return Object.fromEntries(entries);
}

const change = (events: readonly Event[]) =>
  fc
    .tuple(fc.nat(), fc.nat(), fc.oneof(STRANGE, fc.constant(undefined)))
    .map(([which, where, by]): readonly unknown[] => {
      const at = which % events.length;
      const paths = pathsIn(events[at]).filter((path) => !['run', 'seq'].includes(path[0] ?? ''));
      const path = paths[where % paths.length] ?? [];
      return events.map((it, i) => (i === at ? replaced(it, path, by) : it));
    });

const drop = (events: readonly Event[]) =>
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })).map(([at, n]) => {
    const from = at % events.length;
    return events.filter((_, i) => i < from || i >= from + n);
  });

const move = (events: readonly Event[]) =>
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => {
    const all = [...events];
    const [one] = all.splice(a % all.length, 1);
    if (one !== undefined) all.splice(b % (all.length + 1), 0, one);
    return all;
  });

const repeat = (events: readonly Event[]) =>
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => {
    const one = events[a % events.length];
    const at = b % (events.length + 1);
    return one === undefined ? events : [...events.slice(0, at), one, ...events.slice(at)];
  });

const splice = (events: readonly Event[], others: readonly (readonly Event[])[]) =>
  fc
    .tuple(fc.nat(), fc.nat(), fc.constantFrom(...others))
    .map(([a, b, other]) => [
      ...events.slice(0, a % (events.length + 1)),
      ...other.slice(b % other.length),
    ]);

/** Stamps them as a run's own, so that number, run and chain fit. */
const restamped = (run: string, events: readonly unknown[]): readonly unknown[] =>
  events.map((it, i) => ({ ...(it as Plain), run, seq: i + 1 }));

/**
 * Changes by somebody who chains the lines anew, or by a fault of the tool itself: every digest fits, and what the events say
 * does not.
 */
export const misled = (
  run: string,
  events: readonly Event[],
  others: readonly (readonly Event[])[],
): fc.Arbitrary<readonly unknown[]> =>
  fc
    .oneof(
      { weight: 4, arbitrary: change(events) },
      drop(events),
      move(events),
      repeat(events),
      splice(events, others),
    )
    .chain((once) =>
      fc
        .tuple(fc.constant(once), fc.nat())
        .map(([all, cutAt]) => all.slice(0, 1 + (cutAt % all.length))),
    )
    .map((all) => restamped(run, all));
