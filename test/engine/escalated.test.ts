import { expect, test } from 'vitest';
import { podThen, removal, setting } from './fake/removal.ts';
import { only, run, way } from './fake/run.ts';

test('a run that escalates says last what it has sent', async () => {
  const { events } = await run(
    { ...setting, books: [removal], says: { ...setting.says, pod: podThen('uid-1') } },
    { operator: ['yes', 'no'] },
  );
  expect(way(events)).toEqual(['look → found', 'remove → refuted', 'remove → declined']);
  const finished = only(events, 'run.finished');
  expect(finished.result).toBe('escalate');
  expect(finished.left.at(-1)).toMatch(
    /^sent in this run: mutates delete \(at \d\d:\d\d:\d\d UTC\)$/,
  );
});

test('one that ends where it should does not', async () => {
  const { events } = await run(setting, { operator: ['yes'] });
  expect(only(events, 'run.finished').left.join()).not.toContain('sent in this run');
});
