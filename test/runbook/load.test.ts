import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { loadRunbooks } from '../../src/runbook/load.ts';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import { SreError } from '../../src/runbook/sre-error.ts';
import { sound, withEdge } from './sample.ts';

/** A runbook that does nothing but call another. */
function caller(id: string, called: string): Runbook {
  return runbook({ id, title: id, version: 1, params: z.object({}), facts: {} })
    .steps((step) => ({
      hand: step.call({
        title: `Call ${called}`,
        runbook: called,
        with: () => ({}),
        next: {
          resolved: { to: 'end' },
          'not-this-incident': { to: 'end' },
          escalate: { to: 'end' },
          unsafe: { to: 'end' },
          aborted: { to: 'end' },
        },
      }),
      end: step.end({ title: 'Done', result: 'resolved', left: () => [] }),
    }))
    .startingAt('hand');
}

function refusal(books: readonly Runbook[]): SreError {
  try {
    loadRunbooks(books);
  } catch (error) {
    if (error instanceof SreError) return error;
    throw error;
  }
  throw new Error('it was loaded');
}

test('sound runbooks are found by their id', () => {
  const library = loadRunbooks([sound, caller('first', 'sample')]);
  expect([...library.keys()]).toEqual(['sample', 'first']);
  expect(library.get('sample')).toBe(sound);
});

describe('loading refuses', () => {
  test('a call to a runbook that is not loaded', () => {
    expect(refusal([caller('first', 'second'), sound]).message).toContain(
      "first, step 'hand': it calls 'second', which is not loaded. Load it too, or call one of: first, sample.",
    );
  });

  test('a runbook that calls itself', () => {
    expect(refusal([caller('first', 'first')]).message).toContain(
      "first, step 'hand': it calls 'first', which comes back to 'first'. Lead the outcome to a step instead",
    );
  });

  test('runbooks that call each other in a circle', () => {
    const message = refusal([
      caller('first', 'second'),
      caller('second', 'third'),
      caller('third', 'first'),
    ]).message;
    expect(message).toContain("first, step 'hand': it calls 'second', which comes back to 'first'");
    expect(message).toContain("third, step 'hand': it calls 'first', which comes back to 'third'");
  });

  test('two runbooks of one id, and names it once', () => {
    const { message } = refusal([sound, sound, sound]);
    expect(message.match(/sample: two runbooks have this id/g)).toHaveLength(1);
    expect(message).toContain('Give one of them another.');
  });

  test('a runbook with faults, and says every one of them', () => {
    const faulty = withEdge('act', 'drifted', undefined);
    const error = refusal([{ ...faulty, id: 'other' }, caller('first', 'second')]);
    expect(error).toMatchObject({ code: 'runbook-unsound', source: 'bug' });
    expect(error.message).toContain("other, step 'act': outcome 'drifted' has no edge.");
    expect(error.message).toContain("first, step 'hand': it calls 'second'");
  });
});

test('a runbook that is called twice, but not in a circle, is sound', () => {
  expect(() =>
    loadRunbooks([caller('first', 'sample'), caller('second', 'sample'), sound]),
  ).not.toThrow();
});
