import { describe, expect, test } from 'vitest';
import book from '../../runbooks/nfs-csi-recovery/runbook.ts';
import {
  DEFAULT,
  disorder,
  expectSane,
  expectUnharmed,
  SHORT,
} from '../runbooks/nfs-csi-recovery/held.ts';
import { rehearse } from '../runbooks/rehearsal.ts';

/** The longest run of the lab with other seeds, and with a no at each of its steps: seconds each. */

test.for([2, 3, 7, 42])('the main job is resolved with seed %i', async (seed) => {
  const run = await rehearse(book, DEFAULT, { seed, set: SHORT });
  expect(run.finished).toMatchObject({ result: 'resolved', exitCode: 0 });
  expect(run.truth.functional).toHaveLength(3);
  expectUnharmed(run);
  expect(disorder(run)).toEqual([]);
});

const whole = rehearse(book, DEFAULT, { set: SHORT });

describe('a declined confirmation ends in a sane place', () => {
  test.for([
    'stop-sandbox',
    'remove-sandbox',
    'delete-pod',
    'delete-laggard',
    'delete-lost',
    'stop-holder',
  ])('at %s', async (step) => {
    const asked = (await whole).of('confirmation.asked').map((e) => e.step);
    expect(asked).toContain(step);
    await expectSane(DEFAULT, asked.indexOf(step) + 1);
  });
});
