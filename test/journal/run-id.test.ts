import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRunId, runId } from '../../src/journal/run-id.ts';

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const chance = fc.uint8Array({ minLength: 10, maxLength: 16 });

test('is a ULID: the published example of the specification', () => {
  expect(runId(1469918176385, new Uint8Array(10)).slice(0, 10)).toBe('01ARYZ6S41');
  expect(runId(0, new Uint8Array(10))).toBe('0'.repeat(26));
  expect(runId(2 ** 48 - 1, new Uint8Array(10).fill(255))).toBe(`7${'Z'.repeat(25)}`);
});

test('is always a run id, and sorts by time', () => {
  fc.assert(
    fc.property(time, time, chance, chance, (a, b, one, two) => {
      const [first, second] = [runId(a, one), runId(b, two)];
      expect(isRunId(first)).toBe(true);
      expect(a < b && first >= second).toBe(false);
    }),
  );
});

test('differs where time or chance differ', () => {
  fc.assert(
    fc.property(time, chance, chance, (at, one, two) => {
      const same = Buffer.from(one.subarray(0, 10)).equals(two.subarray(0, 10));
      expect(runId(at, one) === runId(at, two)).toBe(same);
    }),
  );
});

test.for([-1, 1.5, 2 ** 48, Number.NaN])('refuses the time %s', (at) => {
  expect(() => runId(at, new Uint8Array(10))).toThrow(RangeError);
});

test('refuses too little chance', () => {
  expect(() => runId(0, new Uint8Array(9))).toThrow('needs 10 random bytes, got 9');
});

test.for([
  '',
  '..',
  '../../etc/passwd',
  'x'.repeat(26),
  '01ARYZ6S41TSV4RRFFQ69G5FA',
  '8'.repeat(26),
])("'%s' is no run id", (it) => {
  expect(isRunId(it)).toBe(false);
});
