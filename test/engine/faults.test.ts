import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Probe } from '../../src/runbook/step.ts';
import { hung } from './fake/commands.ts';
import { removal, setting, withAction } from './fake/removal.ts';
import { endOf, only, run } from './fake/run.ts';
import { START } from './fake/world.ts';

const thrower = (message: string) => (): never => {
  throw new Error(message);
};

function withLook(change: Partial<Probe>): {
  books: readonly [Runbook];
  says: typeof setting.says;
} {
  const look = { ...removal.steps['look'], ...change } as Probe;
  return { ...setting, books: [{ ...removal, steps: { ...removal.steps, look } }] };
}

describe('a fault in a runbook ends the run with its message:', () => {
  test('a conclusion that throws', async () => {
    const { events } = await run(withLook({ conclude: thrower('no such field') }));
    expect(endOf(events)).toEqual({
      result: 'failed',
      exitCode: 1,
      because: 'a fault in the runbook or in sre: no such field',
    });
  });

  test('a second look that cannot be made', async () => {
    const { events } = await run(
      withLook({
        watch: () => ({ every: '5s', within: '60s', late: 'gone' }),
        conclude: (_, { wait }) => wait('not yet'),
        observe: ({ now }) => {
          if (now > START + 4000) throw new Error('no second look');
          return {};
        },
      }),
    );
    expect(endOf(events).because).toBe('a fault in the runbook or in sre: no second look');
  });

  test('a wait without a watch', async () => {
    const { events } = await run(withLook({ conclude: (_, { wait }) => wait('a moment') }));
    expect(endOf(events).because).toContain("removal, step 'look' waits and has no watch");
  });

  test('an outcome without an edge', async () => {
    const { events } = await run(
      withLook({
        conclude: () => ({ kind: 'concluded', outcome: 'bee', because: '', facts: {} }),
      }),
    );
    expect(endOf(events).because).toContain("removal, step 'look': outcome 'bee' has no edge");
  });

  test.for([
    ['in another shape', { uid: 7 }],
    ['that is missing', {}],
  ] as const)('a promised fact %s', async ([, facts]) => {
    const { events } = await run(
      withLook({ conclude: () => ({ kind: 'concluded', outcome: 'found', because: '', facts }) }),
    );
    expect(endOf(events)).toMatchObject({ result: 'failed', exitCode: 1 });
    expect(endOf(events).because).toContain(
      "removal, step 'look': outcome 'found' gives 'uid' in another shape than its schema's",
    );
  });

  test('a step that does not exist', async () => {
    const { events } = await run({ ...setting, books: [{ ...removal, start: 'bee' }] });
    expect(endOf(events).because).toContain("removal has no step 'bee'");
  });

  test('an action without a command', async () => {
    const { events } = await run(withAction({ commands: () => [] }), { operator: ['yes'] });
    expect(endOf(events).because).toContain("removal, step 'remove' has no command");
  });

  test('a skip that the step does not offer', async () => {
    const { skipped: _s, ...next } = removal.steps['remove']?.next ?? {};
    const { events, world } = await run(withAction({ next }), { operator: ['skip'] });
    expect(world.ran).not.toContain('delete');
    expect(endOf(events)).toMatchObject({ result: 'failed', exitCode: 1 });
  });
});

const judging = (message: string) =>
  withAction({
    effect: {
      proof: '',
      every: '5s',
      within: '30s',
      identity: () => ({}),
      judge: thrower(message),
    },
  });

describe('a fault after something was issued leaves it in doubt:', () => {
  test('a judgement that throws', async () => {
    const { events } = await run(judging('no such field'), { operator: ['yes'] });
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'in-doubt',
      exitCode: 5,
      because: 'a fault in the runbook or in sre: no such field',
      left: ['remove: issued, and its effect is not known'],
    });
  });

  test('an answer to a doubt that means nothing is one more look, never another command', async () => {
    const { world } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', 'perhaps', 'abort'],
    });
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
  });
});

test('facts are completed by their schema where they are written', async () => {
  const trimmed: Runbook = { ...removal, facts: { uid: z.string().trim() } };
  const { state } = await run(
    { ...setting, books: [trimmed] },
    { says: { pod: ' uid-1 ', signal: hung } },
  );
  expect(state.frames[0]?.facts['uid']?.value).toBe('uid-1');
});
