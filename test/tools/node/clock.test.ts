import { expect, test } from 'vitest';
import { sayClock } from '../../../src/tools/node/clock.ts';

const AT = Date.UTC(2026, 3, 22, 9, 14);

test.for([
  [7200, 'the clock of n1 is 2 h ahead of'],
  [-5400, 'the clock of n1 is 90 min behind'],
  [-9000, 'the clock of n1 is 2.5 h behind'],
  [31, 'the clock of n1 is 31 s ahead of'],
] as const)('a clock that is off by %i s is said', ([seconds, says]) => {
  expect(sayClock('n1', AT / 1000 + seconds, AT)).toBe(`${says} this machine's`);
});

test.for([0, 29, -29])('one that is off by %i s is not', (seconds) => {
  expect(sayClock('n1', AT / 1000 + seconds, AT)).toBeUndefined();
});
