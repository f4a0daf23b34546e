import { expect, test } from 'vitest';
import { asKept } from '../../src/replay/likeness.ts';

test.for([
  ['a‹redacted:field›b', 'axbyb'],
  ["token: ‹redacted:field›'", "token: it's'"],
  ['‹redacted:jwt›', 'anything'],
  ['a ‹redacted:known› b ‹redacted:known› c', 'a x b y b z c'],
])('%s may have been %s', ([recorded = '', today = '']) => {
  expect(asKept({ it: [today] }, { it: [recorded] })).toEqual({ it: [recorded] });
});

test.for([
  ['a‹redacted:field›b', 'axc'],
  ['a‹redacted:field›b', 'b'],
  ['ab‹redacted:field›ba', 'aba'],
  ['plain', 'other'],
])('%s can not have been %s', ([recorded = '', today = '']) => {
  expect(asKept({ it: today }, { it: recorded })).toEqual({ it: today });
});
