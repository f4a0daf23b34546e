import { describe, expect, test } from 'vitest';
import { failed, hung, lost, mutates, printed, refused } from './fake/commands.ts';
import { withAction } from './fake/removal.ts';
import type { Says } from './fake/world.ts';
import { fold, ofType, run } from './fake/run.ts';

const standing = (word: string) => ({ ...mutates(word), independent: true as const });
const inARow = withAction({ commands: () => [mutates('first'), mutates('second')] });
const alone = withAction({ commands: () => [standing('first'), standing('second')] });

const issued = async (base: typeof inARow, first: Says) => {
  const { events, state, world } = await run(
    { ...base, says: { ...base.says, first, second: printed('deleted') } },
    { operator: ['yes', 'abort'] },
  );
  expect(fold(events)).toEqual(state);
  expect(ofType(events, 'intent.written').length).toBe(
    world.ran.filter((it) => it === 'first' || it === 'second').length,
  );
  return world.ran.filter((it) => it === 'first' || it === 'second');
};

describe('of several commands', () => {
  test('that follow from each other, nothing leaves after one that was refused', async () => {
    expect(await issued(inARow, failed)).toEqual(['first']);
  });

  test('that stand alone, one that was refused keeps none back', async () => {
    expect(await issued(alone, failed)).toEqual(['first', 'second']);
  });

  test.for([
    ['ran into its deadline', hung],
    ['was cut off', lost],
    ['never began', refused],
  ] as const)('that stand alone, nothing leaves after one that %s', async ([, reply]) => {
    expect(await issued(alone, reply)).toEqual(['first']);
  });
});
