import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/runbook/command.ts';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Action } from '../../src/runbook/step.ts';
import { intrudes, mutates, reads } from './fake/commands.ts';
import { setting as removalSetting, withAction } from './fake/removal.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';

/** Reads, and writes two canaries, each on a scope of its own. */
const canaries: Runbook = runbook({
  id: 'canaries',
  title: 'Canaries',
  version: 1,
  params: z.object({}),
  facts: {},
})
  .steps((step) => ({
    write: step.probe({
      title: 'Are writes acknowledged?',
      next: { yes: { to: 'end' }, unclear: { to: 'end' } },
      observe: ({ now }) => ({
        first: {
          ...intrudes('first'),
          scope: 'vault-0',
          run: { kind: 'argv', argv: ['fake', 'first', `mark-${now}`] },
        },
        pod: reads('pod'),
        second: intrudes('second'),
      }),
      conclude: ({ first, second }, { to }) =>
        first.ok && second.ok
          ? to.yes('both were')
          : to.unclear(`${first.ok ? '' : first.says}; ${second.ok ? '' : second.says}`),
    }),
    end: step.end({ title: 'End', result: 'resolved', left: () => [] }),
  }))
  .startingAt('write');
const setting = { books: [canaries], says: { first: 'x', second: 'x', pod: 'x' } } as const;

/** An intrusive command that carries a mark of its time. */
const marked = (word: string, now: number): Command<string> => ({
  ...intrudes(word),
  run: { kind: 'argv', argv: ['fake', word, `mark-${now}`] },
});

describe('intrusive commands', () => {
  test('follow what reads, one at a time, each behind its intent', async () => {
    const { world } = await run(setting);
    expect(world.log.filter((it) => !it.includes('run.') && !it.includes('step.'))).toEqual([
      'kept command.started',
      'ran pod',
      'kept command.finished',
      'kept intent.written',
      'kept command.started',
      'ran first',
      'kept command.finished',
      'kept intent.written',
      'kept command.started',
      'ran second',
      'kept command.finished',
    ]);
  });

  test('have an intent that says what is left where', async () => {
    const { events } = await run(setting);
    expect(ofType(events, 'intent.written')).toMatchObject([
      { key: 'first', does: 'intrusive', target: 'vault-0', purpose: 'observe', before: {} },
      { key: 'second', does: 'intrusive', target: 'here' },
    ]);
  });

  test('are run exactly as their intent says, mark and all', async () => {
    const { events } = await run(setting);
    const [intent] = ofType(events, 'intent.written');
    const started = ofType(events, 'command.started').find((it) => it.key === 'first');
    expect(started?.argv).toBe(intent?.argv);
  });

  test('are so in every look: in a gate, and at the second sample of a watch', async () => {
    const gated = withAction({
      drift: {
        freshWithin: '60s',
        observe: ({ now }) => ({ signal: marked('signal', now) }),
        judge: () => ({ drift: 'same', because: 'silent' }),
      },
      effect: {
        proof: '',
        every: '5s',
        within: '30s',
        identity: ({ now }) => ({ pod: marked('pod', now) }),
        judge: (_, { pod }) => ({
          effect: JSON.stringify(pod).includes('uid-2') ? 'confirmed' : 'refuted',
          because: '',
        }),
      },
    });
    const { events } = await run(gated, {
      says: { pod: ['uid-1', 'uid-1', 'uid-1', 'uid-2'] },
      operator: ['yes'],
    });
    const marks = (type: 'intent.written' | 'command.started'): readonly string[] =>
      ofType(events, type).flatMap((it) => (it.argv.includes('mark') ? [it.argv] : []));
    expect(marks('intent.written')).toHaveLength(5);
    expect(marks('command.started')).toEqual(marks('intent.written'));
    expect(new Set(marks('intent.written')).size).toBe(5);
  });

  test('are no mutation: stopping afterwards is still 130', async () => {
    const { events } = await run(setting, {
      when: (event, world) => {
        if (event.type === 'command.finished' && event.key === 'second') world.press();
      },
    });
    expect(endOf(events)).toMatchObject({ result: 'interrupted', exitCode: 130 });
  });

  test('are withheld by a plan, which says so', async () => {
    const { events, world } = await run({ ...setting, mode: 'plan' });
    expect(world.ran).toEqual(['pod']);
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(ofType(events, 'command.started').map((it) => it.does)).toEqual(['reads']);
    expect(ofType(events, 'command.finished').map((it) => it.ending.how)).toEqual([
      'exited',
      'withheld',
      'withheld',
    ]);
    expect(way(events)).toEqual(['write → unclear']);
    expect(only(events, 'step.concluded').because).toContain('a plan runs nothing intrusive');
  });

  test('may prove an effect', async () => {
    const proof = withAction({
      effect: {
        proof: 'a canary is acknowledged',
        every: '5s',
        within: '30s',
        identity: () => ({ canary: intrudes('canary') }),
        judge: (_, { canary }) =>
          'value' in (canary ?? {})
            ? { effect: 'confirmed', because: 'it is' }
            : { effect: 'unknown', because: 'it is not' },
      },
    });
    const { events } = await run(proof, { says: { canary: 'x' }, operator: ['yes'] });
    expect(ofType(events, 'intent.written').map((it) => it.purpose)).toEqual([
      'identity-before',
      'act',
      'identity-after',
    ]);
    expect(way(events).at(-1)).toBe('remove → confirmed');
  });
});

describe('a command that changes the world', () => {
  test.for<readonly [string, Partial<Action>]>([
    ['a capture', { capture: () => ({ log: mutates('wipe') }) }],
    [
      'a drift gate',
      {
        drift: {
          freshWithin: '60s',
          observe: () => ({ log: mutates('wipe') }),
          judge: () => ({ drift: 'same', because: '' }),
        },
      },
    ],
  ])('is never run in %s, even where no check has seen it', async ([, change]) => {
    const { events, world } = await run(withAction(change), { says: { wipe: 'x' } });
    expect(world.ran).not.toContain('wipe');
    expect(endOf(events)).toEqual({
      result: 'failed',
      exitCode: 1,
      because:
        "a fault in the runbook or in sre: removal, step 'remove': 'log' changes the world and stands outside an action's commands",
    });
  });

  test('is run once behind its intent, whatever it calls itself', async () => {
    const { world } = await run(withAction({ commands: () => [intrudes('delete')] }), {
      says: removalSetting.says,
      operator: ['yes'],
    });
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
  });
});
