import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hang,
  hangWithRight,
  pack,
  toText,
  usable,
  widthOf,
  wrap,
  type Line,
} from '../../src/terminal/layout.ts';
import { sanitise } from '../../src/terminal/sanitise.ts';
import { columnsOf } from '../../src/terminal/width.ts';
import { Term } from './term.ts';

const text = fc
  .array(
    fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('世界', ' ', '  ', 'ｆｕｌｌ', 'é')),
  )
  .map((parts) => sanitise(parts.join(' '), { newlines: true }));
const line: fc.Arbitrary<Line> = fc.array(
  fc
    .record({ text }, { requiredKeys: ['text'] })
    .chain((span) =>
      fc.constantFrom(
        span,
        { ...span, tone: 'good' as const },
        { ...span, tone: 'faint' as const },
      ),
    ),
  { maxLength: 4 },
);

const letters = (all: Line): readonly string[] =>
  all.flatMap((span) =>
    Array.from(span.text.replace(/\s/g, ''), (char) => `${span.tone ?? ''}${char}`),
  );

describe('wrap', () => {
  test('keeps to the width, and every letter with its tone', () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 2, max: 60 }), (spans, columns) => {
        const lines = wrap(spans, columns);
        for (const one of lines) expect(widthOf(one)).toBeLessThanOrEqual(columns);
        expect(lines.flatMap(letters)).toEqual(letters(spans));
      }),
    );
  });

  test.each([
    ['one two three', 7, ['one two', 'three']],
    ['one  two', 4, ['one', 'two']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['/api/v1/namespaces/vault', 12, ['/api/v1/', 'namespaces/', 'vault']],
    ['a\nb c', 10, ['a', 'b c']],
    ['世界世', 4, ['世界', '世']],
    ['', 5, ['']],
  ])('%j at %i', (given, columns, lines) => {
    expect(wrap([{ text: given }], columns).map(toText)).toEqual(lines);
  });
});

test('further lines hang under the first', () => {
  expect(hang([{ text: '   ✔ ' }], [{ text: 'one two three' }], 13).map(toText)).toEqual([
    '   ✔ one two',
    '     three',
  ]);
});

test('what is on the right ends at the edge', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 30, max: 120 }), (title, columns) => {
      const [first = []] = hangWithRight(
        [{ text: ' 1 ' }],
        [{ text: title }],
        [{ text: '60.4 s' }],
        columns,
      );
      expect(widthOf(first)).toBe(columns);
      expect(toText(first)).toMatch(/ 60\.4 s$/);
    }),
  );
});

test('items share lines while they fit', () => {
  const items = ['✔ quorum', '✔ unseal path', 'a long one that has to be wrapped', '✔ end'];
  const lines = pack(
    items.map((item) => [{ text: item }]),
    { text: '  ' },
    24,
  );
  expect(lines.map(toText)).toEqual([
    '✔ quorum  ✔ unseal path',
    'a long one that has to',
    'be wrapped',
    '✔ end',
  ]);
});

test('80 to 120 columns are used', () => {
  expect([40, 80, 100.7, 120, 300].map(usable)).toEqual([80, 80, 100, 120, 120]);
});

describe('columns', () => {
  test.each([
    'vault-2',
    '✔ ✖ ● ○ – ✎ ⑂ ↪ ■ › · → …',
    '世界 ｆｕｌｌ 한국',
    'e\u0301e\u0301',
    'äöü',
  ])('%s takes as many as in a terminal', async (shown) => {
    const term = new Term(80);
    term.write(shown);
    expect(columnsOf(shown)).toBe(await term.cursor());
  });
});
