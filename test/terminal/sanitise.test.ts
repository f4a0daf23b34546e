import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toAscii } from '../../src/terminal/marks.ts';
import { sanitise } from '../../src/terminal/sanitise.ts';

/** Text made mostly of what a terminal would obey. */
const nasty = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        '\u001b[',
        '\u001b]0;t\u0007',
        '\u001b]8;;http://x\u001b\\',
        '\u001bP1$r\u001b\\',
        '\u009b31m',
        '\u009d',
        '\u009c',
        '\u001b',
        '\u001b(B',
        '\r\n',
        '\r',
        '\t',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\u2028',
        '\ud83d',
        '\ude00',
        '\u{e0041}',
        'a\u0301\u0301\u0301\u0301\u0301\u0301',
      ),
    ),
  )
  .map((parts) => parts.join(''));

const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

describe('sanitise', () => {
  test('leaves nothing that a terminal obeys or hides', () => {
    fc.assert(
      fc.property(nasty, fc.boolean(), (text, newlines) => {
        const shown = sanitise(text, { newlines });
        expect(newlines ? shown.replaceAll('\n', '') : shown).not.toMatch(FORBIDDEN);
      }),
    );
  });

  test('is idempotent, and bounded', () => {
    fc.assert(
      fc.property(nasty, fc.boolean(), fc.integer({ min: 0, max: 40 }), (text, newlines, max) => {
        const once = sanitise(text, { newlines, max });
        expect(once.length).toBeLessThanOrEqual(max);
        expect(sanitise(once, { newlines, max })).toBe(once);
      }),
    );
  });

  test('leaves ordinary text alone', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~äöü世界✔…→]*$/), (text) => {
        expect(sanitise(text, { max: 10_000 })).toBe(text);
      }),
    );
  });

  test.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;https://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    // What never ends hides nothing that follows.
    ['\u001b]0;never ends', '0;never ends'],
    ['\u009b2Jx', 'x'],
    ['a\u001b[\u001b[31mb', 'ab'],
    ['10%\r20%\r\ndone', '10% 20% done'],
    ['a\tb', 'a b'],
    ['user\u202egpj.exe', 'usergpj.exe'],
    ['vault\u200b-2', 'vault-2'],
  ])('%j is shown as %j', (text, shown) => {
    expect(sanitise(text)).toBe(shown);
  });

  test('says where it left something out', () => {
    expect(sanitise('abcdef', { max: 4 })).toBe('abc…');
    expect(sanitise('abc😀def', { max: 5 })).toBe('abc…');
  });
});

test('ASCII is ASCII, and known signs are spelled', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(toAscii(text)).toMatch(/^[\n -~]*$/);
    }),
  );
  expect(toAscii('→ 60 ≥ 5 … über 世')).toBe('-> 60 >= 5 ... uber ?');
});
