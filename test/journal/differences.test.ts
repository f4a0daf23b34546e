import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differences } from '../../src/journal/differences.ts';

describe('differences', () => {
  test('of things in a list are told by what the things are called', () => {
    const before = {
      steps: [
        { id: 'look', title: 'Look' },
        { id: 'remove', title: 'Delete it', edges: [{ outcome: 'refuted', to: 'kill' }] },
      ],
    };
    const now = {
      steps: [
        { id: 'fence', title: 'Fence it' },
        { id: 'look', title: 'Look' },
        { id: 'remove', title: 'Remove it', edges: [{ outcome: 'refuted', to: 'stop' }] },
      ],
    };
    expect(differences(before, now)).toEqual([
      'steps › remove › title: "Delete it" is now "Remove it"',
      'steps › remove › edges › refuted › to: "kill" is now "stop"',
      'steps › fence: is new',
    ]);
  });

  test('name what is gone, and cut what is long', () => {
    expect(differences({ a: 1, b: 2 }, { b: 'x'.repeat(500) })).toEqual([
      'a: is no longer there',
      expect.stringMatching(/^b: 2 is now "x{119}…$/),
    ]);
  });

  test('of a thing and itself are none, and of two that JSON tells apart are some', () => {
    assert(
      property(jsonValue(), jsonValue(), (a, b) => {
        expect(differences(a, structuredClone(a))).toEqual([]);
        expect(differences(a, b).length > 0 || reordered(a, b)).toBe(true);
      }),
    );
  });
});

/** Things that are called the same stand for the same, wherever in a list they stand. */
const reordered = (a: unknown, b: unknown): boolean =>
  JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(it: unknown): unknown {
  if (Array.isArray(it))
    return it.map(sorted).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof it !== 'object' || it === null) return it;
  return Object.fromEntries(
    Object.entries(it)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, sorted(value)]),
  );
}
