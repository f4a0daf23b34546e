import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMs, parseDuration, toMs } from '../../src/runbook/duration.ts';

describe('a duration', () => {
  test.for([
    ['250ms', 250],
    ['90s', 90_000],
    ['20m', 1_200_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
    [' 5s ', 5000],
  ] as const)('%s is %i ms', ([text, ms]) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.for(['', '5', 's', '-5s', '5 s', '1e3s', '5S', '.5s', '5s5', 'Infinitys', '5d'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test('that its type vouches for and that is none throws a sentence', () => {
    expect(() => toMs('1e3s')).toThrow("'1e3s' is not a duration such as '90s'");
  });

  test('means what its parts mean', () => {
    const unit = fc.constantFrom('ms', 's', 'm', 'h');
    fc.assert(
      fc.property(fc.nat(100_000), unit, (amount, of) => {
        const one = toMs(`1${of}`);
        expect(toMs(`${amount}${of}`)).toBe(amount * one);
      }),
    );
  });
});

describe('for people', () => {
  test.for([
    [0, '0 s'],
    [400, '0.4 s'],
    [60_400, '60.4 s'],
    [90_000, '90 s'],
    [119_960, '120.0 s'],
    [120_000, '2 min'],
    [300_000, '5 min'],
    [7_199_000, '2 h'],
    [7_500_000, '2 h 5 min'],
  ] as const)('%i ms is %s', ([ms, text]) => {
    expect(formatMs(ms)).toBe(text);
  });

  test('a length of time always has a unit and never a minute too many', () => {
    fc.assert(
      fc.property(fc.nat(86_400_000), (ms) => {
        expect(formatMs(ms)).toMatch(/^(\d+(\.\d)? s|\d+ min|\d+ h|\d+ h [1-9]\d? min)$/);
        expect(formatMs(ms)).not.toMatch(/h 60 min/);
      }),
    );
  });
});
