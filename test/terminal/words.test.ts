import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { jsonLines, toJsonLine } from '../../src/terminal/json.ts';
import { toText, widthOf } from '../../src/terminal/layout.ts';
import { penFor } from '../../src/terminal/pen.ts';
import { evidenceLines } from '../../src/terminal/evidence.ts';
import { recall } from '../../src/terminal/recall.ts';
import { tell, untold } from '../../src/terminal/story.ts';
import { surroundings } from '../../src/terminal/surroundings.ts';
import { words } from '../../src/terminal/words.ts';
import { mangled } from '../mangled.ts';
import { streams } from './streams.ts';

const all: readonly Event[] = Object.values(streams).flat();

/** What names a kind of thing, or a time. */
const KEPT = new Set(
  'type at kind verdict effect drift answer result how why mode risk about purpose does gate seenAt until expiresAt'.split(
    ' ',
  ),
);

describe('words', () => {
  test('of any text keep to the width and obey nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.integer({ min: 60, max: 140 }),
        fc.boolean(),
        fc.boolean(),
        (text, columns, ascii, everything) => {
          const pen = penFor({ columns, ascii, everything });
          let story = untold;
          for (const event of all) {
            const shown = mangled(event, text, KEPT) as Event;
            for (const line of words(shown, story, pen)) {
              expect(widthOf(line)).toBeLessThanOrEqual(pen.columns);
              expect(toText(line)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
            }
            story = tell(story, shown);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test('of an event that this version does not know are none', () => {
    const event = { type: 'later.invented', run: 'r', seq: 1, at: '2026-05-08T11:04:21.000Z' };
    const pen = penFor({ columns: 80, ascii: false, everything: true });
    expect(words(event as unknown as Event, untold, pen)).toEqual([]);
    expect(tell(untold, event as unknown as Event)).toBe(untold);
  });

  test('every type of event has its words in one of the streams', () => {
    const types = new Set(all.map((event) => event.type));
    expect(types.size).toBe(21);
  });
});

test('the last outputs can be looked at again', () => {
  const kept = recall();
  for (const event of streams.resolved) kept.saw(event);
  expect(kept.evidence()).toContainEqual({
    title: 'read the health of vault-2 (here) · 11:03:05 UTC · no answer within 5 s',
    text: '{}',
  });
  const lines = evidenceLines(
    [
      {
        title: 'log',
        text: Array.from({ length: 100 }, (_, i) => `\u001b[2Jline ${i}`).join('\n'),
      },
    ],
    penFor({ columns: 80, ascii: false, everything: false }),
  ).map(toText);
  expect(lines.slice(29, 34)).toEqual([
    '     line 28',
    '     line 29',
    '     … 60 lines left out; all of it is in the journal …',
    '     line 90',
    '     line 91',
  ]);
});

test('what cannot be put into words does not stop a run', () => {
  const pen = penFor({ columns: 80, ascii: false, everything: true });
  const broken = { type: 'run.finished', seq: 7, run: 'r', at: 'never' } as unknown as Event;
  expect(words(broken, untold, pen).map(toText)).toEqual([
    '       ? event 7 (run.finished) could not be shown',
  ]);
});

describe('one event per line of JSON', () => {
  test('is the event, and nothing a terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = toJsonLine({ text });
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069]/u);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ text })));
      }),
    );
  });

  test('goes out as it is seen', () => {
    const out = { write: vi.fn<(text: string) => void>() };
    for (const event of streams.planned) jsonLines(out).saw(event);
    const written = out.write.mock.calls.map(([line]) => JSON.parse(line) as unknown);
    expect(written).toEqual(streams.planned);
  });
});

describe('surroundings', () => {
  const tty = { isTTY: true, columns: 91 };
  const utf8 = { TERM: 'xterm-256color', LANG: 'en_GB.UTF-8' };

  test('of a person at a terminal', () => {
    expect(surroundings(utf8, tty, tty)).toEqual({
      canAsk: true,
      guided: true,
      ascii: false,
      columns: 91,
      colour: 1,
    });
  });

  test.each([
    ['a pipe in', utf8, {}, tty, { canAsk: false, guided: false }],
    ['a pipe out', utf8, tty, {}, { canAsk: false, guided: false, colour: 0, columns: 100 }],
    ['CI', { ...utf8, CI: 'true' }, tty, tty, { canAsk: true, guided: false }],
    [
      'a dumb terminal',
      { ...utf8, TERM: 'dumb' },
      tty,
      tty,
      { guided: false, ascii: true, colour: 0 },
    ],
    ['the console', { ...utf8, TERM: 'linux' }, tty, tty, { guided: true, ascii: true, colour: 1 }],
    ['the C locale', { TERM: 'xterm' }, tty, tty, { ascii: true }],
    ['LC_ALL first', { ...utf8, LC_ALL: 'C' }, tty, tty, { ascii: true }],
    ['NO_COLOR', { ...utf8, NO_COLOR: '1' }, tty, tty, { colour: 0 }],
    ['FORCE_COLOR', { ...utf8, NO_COLOR: '1', FORCE_COLOR: '3' }, {}, {}, { colour: 3 }],
    ['FORCE_COLOR=0', { ...utf8, FORCE_COLOR: '0' }, tty, tty, { colour: 0 }],
  ])('%s', (_what, env, input, output, expected) => {
    expect(surroundings(env, input, output)).toMatchObject(expected);
  });
});

test('plain and JSON output load no package, and prompts and guided screens only when they draw', () => {
  const packagesOf = (file: string, seen = new Set<string>()): readonly string[] => {
    if (seen.has(file)) return [];
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    const imports = [...source.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm)];
    return imports.flatMap(([, specifier = '']) =>
      specifier.startsWith('.')
        ? packagesOf(fileURLToPath(new URL(specifier, `file://${file}`)), seen)
        : specifier.startsWith('node:')
          ? []
          : [specifier],
    );
  };
  const packages = (name: string): readonly string[] =>
    packagesOf(fileURLToPath(new URL(`../../src/terminal/${name}.ts`, import.meta.url)));
  expect(['plain', 'json', 'words', 'careful', 'surroundings', 'guided'].flatMap(packages)).toEqual(
    [],
  );
  expect(packages('prompts')).toEqual([]);
  expect(packages('progress')).toContain('listr2');
});
