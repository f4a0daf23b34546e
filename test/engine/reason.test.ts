import { describe, expect, test } from 'vitest';
import { withAction } from './fake/removal.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';

const ASKS = 'Why is this node reset although others may follow?';
const asking = withAction({ reason: () => ASKS });

describe('an action that asks for a reason', () => {
  test('says so on its card, in a plan too', async () => {
    const { world } = await run(asking, {
      operator: [{ answer: 'yes', note: 'the pool has no other consumer' }],
    });
    expect(world.cards[0]?.reason).toBe(ASKS);
    const { events } = await run({ ...asking, mode: 'plan' });
    expect(only(events, 'action.planned').card.reason).toBe(ASKS);
  });

  test('is performed with one, and the journal has it', async () => {
    const { events, world } = await run(asking, {
      operator: [{ answer: 'yes', note: 'the pool has no other consumer' }],
    });
    expect(only(events, 'confirmation.answered')).toMatchObject({
      answer: 'yes',
      note: 'the pool has no other consumer',
    });
    expect(world.ran).toContain('delete');
    expect(endOf(events)).toMatchObject({ result: 'resolved' });
  });

  test.for([
    ['none', 'yes'],
    ['an empty one', { answer: 'yes', note: '' }],
    ['a blank one', { answer: 'yes', note: ' \t ' }],
    ['none, by hand', { answer: 'yes', byHand: true }],
  ] as const)('is declined with %s, and nothing is issued', async ([, word]) => {
    const { events, world } = await run(asking, { operator: [word] });
    expect(way(events).at(-1)).toBe('remove → declined');
    expect(ofType(events, 'step.concluded').at(-1)?.because).toBe('no reason was given');
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(world.ran).not.toContain('delete');
  });

  test('asks none where it has no question for this target', async () => {
    const { world, events } = await run(withAction({ reason: () => undefined }), {
      operator: ['yes'],
    });
    expect(world.cards[0]).not.toHaveProperty('reason');
    expect(endOf(events)).toMatchObject({ result: 'resolved' });
  });
});
