import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toText, widthOf } from '../../src/terminal/layout.ts';
import {
  confirmMenu,
  nameToType,
  promptLines,
  questionMenu,
  refusal,
} from '../../src/terminal/menus.ts';
import { penFor } from '../../src/terminal/pen.ts';
import { refuseReason } from '../../src/terminal/reason.ts';
import { card } from './streams.ts';

const target = (name: string) => ({ ...card.target, name });

describe('what confirms', () => {
  test('is the name alone: whatever else is typed does nothing or leads elsewhere', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('', ' ', 'y', 'yes', 'vault-2 ', 'VAULT-2')),
        (typed) => {
          const { accepts, ...rest } = confirmMenu(card, 'vault-2');
          expect(accepts.get(typed) === 'yes').toBe(typed === 'vault-2');
          expect(accepts.has('')).toBe(false);
          expect(refusal({ accepts, ...rest }, typed) === undefined).toBe(accepts.has(typed));
        },
      ),
    );
  });

  test.each(['a', 'n', 's', 'm', 'v'])(
    "has its kind before it where it is one letter: '%s'",
    (name) => {
      const typed = nameToType(target(name)) ?? '';
      expect(typed).toBe(`pod/${name}`);
      expect(confirmMenu(card, typed).accepts.get(name)).not.toBe('yes');
      expect(confirmMenu(card, typed).accepts.get(typed)).toBe('yes');
    },
  );

  test.each(['', '  ', ' vault-2', 'vault\u200b-2', 'vault-2\n', '\u001b[2Jvault-2'])(
    'does not exist where the name cannot be typed as shown: %j',
    (name) => {
      expect(nameToType(target(name))).toBeUndefined();
    },
  );
});

const menu = (...names: string[]) =>
  questionMenu({
    about: 'choice',
    question: '?',
    options: Object.fromEntries(names.map((name) => [name, name])),
  });

describe('a choice', () => {
  test('takes numbers and names, and has no default', () => {
    const { accepts } = menu('wait', 'reset');
    expect(
      ['', '1', '2', '3', 'wait', 'reset', 'a', 'abort'].map((typed) => accepts.get(typed)),
    ).toEqual([undefined, 'wait', 'reset', undefined, 'wait', 'reset', 'abort', 'abort']);
  });

  test('an option keeps its name where a key has the same', () => {
    const { accepts, keys } = menu('a', 'v');
    expect([accepts.get('a'), accepts.get('v'), accepts.get('abort')]).toEqual(['a', 'v', 'abort']);
    expect(keys).toEqual([['+', 'note']]);
  });
});

test.each([
  ['', /^fine$/],
  ['  ', /^fine$/],
  ['yes', /no reason yet/],
  ['a b c', /10 characters/],
  ['because it must', /^fine$/],
  ['- - - - - - - -', /3 words/],
  ['onelongwordandanother two', /3 words/],
  ['der Knoten hängt', /^fine$/],
  ['\u001b[2Ja\u200bb c d', /no reason yet/],
])('a reason is three words, or nothing: %j', (typed, expected) => {
  expect(refuseReason(typed) ?? 'fine').toMatch(expected);
});

test('a prompt leaves room for what is typed', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z][a-z0-9-]{1,60}$/),
      fc.integer({ min: 80, max: 120 }),
      fc.boolean(),
      (name, columns, ascii) => {
        const pen = penFor({ columns, ascii, everything: false });
        const lines = promptLines(confirmMenu(card, name), pen);
        const last = lines.at(-1) ?? [];
        expect(toText(last)).toMatch(ascii ? / >$/ : / ›$/);
        expect(widthOf(last) + 1 + name.length).toBeLessThan(columns);
      },
    ),
  );
});
