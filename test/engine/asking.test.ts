import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { NobodyToAsk } from '../../src/engine/ports.ts';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import { hung, intrudes, reads } from './fake/commands.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';

/** Picks a way; one of them is work for a person, which a look verifies. */
const picking: Runbook = runbook({
  id: 'picking',
  title: 'Picking',
  version: 1,
  params: z.object({}),
  facts: {},
})
  .steps((step) => ({
    pick: step.choice({
      title: 'Which way?',
      next: { hand: { to: 'unseal' }, unverified: { to: 'note' }, stop: { to: 'stop' } },
      question: () => 'Are the unseal keys at hand?',
      options: { hand: 'Unseal it', unverified: 'Note it', stop: 'Nobody is here' },
    }),
    unseal: step.manual({
      title: 'Unseal the pod',
      next: { done: { to: 'end' }, declined: { to: 'stop' } },
      instructions: () => ['vault operator unseal'],
      verify: {
        observe: () => ({ seal: reads('seal'), canary: intrudes('canary') }),
        judge: ({ seal }) => {
          if (!seal.ok) return { verdict: 'unknown', because: seal.says };
          return { verdict: seal.value === 'open' ? 'holds' : 'fails', because: seal.value };
        },
      },
    }),
    note: step.manual({
      title: 'Write it down',
      next: { done: { to: 'end' }, declined: { to: 'stop' } },
      instructions: () => ['Write it down.'],
    }),
    end: step.end({ title: 'End', result: 'resolved', left: () => [] }),
    stop: step.end({ title: 'Stop', result: 'escalate', left: () => [] }),
  }))
  .startingAt('pick');
const setting = { books: [picking], says: { seal: 'open', canary: 'x' } } as const;

describe('a choice', () => {
  test('takes the edge that the operator picks, and records what was asked', async () => {
    const { events, world } = await run(setting, { operator: ['stop'] });
    expect(only(events, 'operator.asked').question).toEqual({
      about: 'choice',
      question: 'Are the unseal keys at hand?',
      options: { hand: 'Unseal it', unverified: 'Note it', stop: 'Nobody is here' },
    });
    expect(world.questions).toHaveLength(1);
    expect(only(events, 'operator.answered')).toMatchObject({ answer: 'stop', by: 'ann' });
    expect(only(events, 'step.concluded')).toMatchObject({
      outcome: 'stop',
      because: 'Nobody is here',
    });
  });

  test('keeps the reason that was typed', async () => {
    const { events } = await run(setting, { operator: [{ answer: 'stop', note: 'they left' }] });
    expect(only(events, 'step.concluded').because).toBe('Nobody is here: they left');
  });

  test('can be answered with an abort', async () => {
    const { events } = await run(setting, { operator: [{ answer: 'abort', note: 'lunch' }] });
    expect(endOf(events)).toMatchObject({
      result: 'aborted',
      exitCode: 4,
      because: 'stopped by the operator: lunch',
    });
  });

  test('is not made where nobody can be asked', async () => {
    const { events } = await run(setting, {
      operator: [
        () => {
          throw new NobodyToAsk('no terminal');
        },
      ],
    });
    expect(endOf(events)).toMatchObject({ result: 'needs-approval', exitCode: 8 });
  });

  test('that was answered with something else is a fault, and the run says so', async () => {
    const { events } = await run(setting, { operator: ['perhaps'] });
    expect(endOf(events)).toMatchObject({ result: 'failed', exitCode: 1 });
    expect(endOf(events).because).toContain("outcome 'perhaps' has no edge");
  });
});

describe("a person's work", () => {
  test('is verified, and the look has the last word', async () => {
    const { events } = await run(setting, { operator: ['hand', 'done'] });
    expect(ofType(events, 'operator.asked')[1]?.question).toEqual({
      about: 'manual',
      title: 'Unseal the pod',
      instructions: ['vault operator unseal'],
    });
    expect(ofType(events, 'command.started').map((it) => it.purpose)).toEqual(['verify', 'verify']);
    expect(ofType(events, 'intent.written').map((it) => it.key)).toEqual(['canary']);
    expect(way(events)).toEqual(['pick → hand', 'unseal → done']);
    expect(ofType(events, 'step.concluded').at(-1)?.because).toBe('open');
  });

  test.for([
    ['failed', 'sealed'],
    ['could not be read', hung],
  ] as const)('whose look %s is not done', async ([, seal]) => {
    const { events } = await run(setting, { says: { seal }, operator: ['hand', 'done'] });
    expect(way(events).at(-1)).toBe('unseal → declined');
  });

  test('that no look can verify is taken at its word', async () => {
    const { events } = await run(setting, {
      operator: ['unverified', { answer: 'done', note: 'ticket 7' }],
    });
    expect(way(events).at(-1)).toBe('note → done');
    expect(ofType(events, 'step.concluded').at(-1)?.because).toBe('done by hand: ticket 7');
  });

  test('can be declined, and nothing is looked at', async () => {
    const { events, world } = await run(setting, { operator: ['hand', 'declined'] });
    expect(way(events).at(-1)).toBe('unseal → declined');
    expect(world.ran).toEqual([]);
  });

  test('can be aborted', async () => {
    const { events } = await run(setting, { operator: ['hand', 'abort'] });
    expect(endOf(events)).toMatchObject({ result: 'aborted', exitCode: 4 });
  });

  test('is predicted by a plan: nobody is told to do it', async () => {
    const first = { ...picking, start: 'unseal' };
    const { events, world } = await run({ ...setting, books: [first], mode: 'plan' });
    expect(world.questions).toEqual([]);
    expect(only(events, 'step.concluded')).toMatchObject({ outcome: 'done', predicted: true });
    expect(endOf(events)).toMatchObject({ result: 'planned', exitCode: 0 });
  });
});
