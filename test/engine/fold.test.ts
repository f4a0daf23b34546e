import { describe, expect, test } from 'vitest';
import { advance, decide } from '../../src/engine/advance.ts';
import { apply, initial } from '../../src/engine/apply.ts';
import { NobodyToAsk } from '../../src/engine/ports.ts';
import { hung, intrudes, mutates, refused } from './fake/commands.ts';
import { podThen, setting, withAction } from './fake/removal.ts';
import { decidesAsRecorded } from './fake/replay.ts';
import { fold, run, upTo } from './fake/run.ts';
import type { Setting } from './fake/run.ts';
import type { Script } from './fake/world.ts';

const canary = withAction({
  capture: () => ({ log: intrudes('canary') }),
  drift: {
    freshWithin: '60s',
    observe: ({ now }) => ({
      signal: {
        ...intrudes('signal'),
        run: { kind: 'argv', argv: ['fake', 'signal', `mark-${now}`] },
      },
    }),
    judge: () => ({ drift: 'same', because: 'silent' }),
  },
});

const RUNS: readonly (readonly [title: string, setting: Setting, script: Script])[] = [
  ['that resolves', setting, { operator: ['yes'] }],
  [
    'that waits for its effect',
    setting,
    { says: { pod: podThen('uid-1', 'uid-2') }, operator: ['yes'] },
  ],
  ['that is blocked', setting, { says: { votes: hung } }],
  [
    'that drifts',
    setting,
    { says: { signal: ['silent', 'answers', 'silent', 'answers'] }, operator: ['yes', 'no'] },
  ],
  ['that expires', setting, { operator: ['expired', 'expired', 'yes'] }],
  [
    'that is refuted and tried again',
    setting,
    { says: { pod: 'uid-1' }, operator: ['yes', 'yes'] },
  ],
  [
    'in doubt',
    setting,
    { says: { pod: ['uid-1', 'uid-1', hung] }, operator: ['yes', 'probe', 'abort'] },
  ],
  [
    'by hand',
    setting,
    {
      says: { pod: podThen('uid-1', 'uid-2') },
      operator: [{ answer: 'yes', byHand: true }, 'done'],
    },
  ],
  ['that was stopped', setting, { says: { pod: 'uid-1' }, operator: ['yes'], pressAt: 7000 }],
  [
    'whose command never began',
    setting,
    { says: { delete: refused, pod: 'uid-1' }, operator: ['yes', 'no'] },
  ],
  [
    'that nobody approves',
    setting,
    {
      operator: [
        () => {
          throw new NobodyToAsk('nobody');
        },
      ],
    },
  ],
  ['that is planned', { ...setting, mode: 'plan' }, {}],
  ['with canaries', canary, { says: { canary: 'x' }, operator: ['expired', 'yes'] }],
  [
    'of two commands',
    withAction({ commands: () => [mutates('cordon'), mutates('delete')] }),
    { says: { cordon: 'done' }, operator: ['yes'] },
  ],
  ['that fails', withAction({ commands: () => [] }), { operator: ['yes'] }],
];

describe('from every prefix of its journal the same is decided as in the run', () => {
  test.for(RUNS)('%s', async ([, where, script]) => {
    const { events, state, library } = await run(where, script);
    expect(decidesAsRecorded(library, events)).toBe(events.length);
    expect(fold(events)).toEqual(state);
  });
});

describe('the fold', () => {
  test('is the same whether events come one by one or from disk', async () => {
    const { events } = await run(setting, { operator: ['expired', 'yes'] });
    const kept = events.map((it) => JSON.parse(JSON.stringify(it)) as typeof it);
    expect(fold(kept)).toEqual(fold(events));
  });

  test('of an event that does not fit the state changes nothing but the time', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    const before = fold(upTo(events, (it) => it.type === 'step.concluded'));
    for (const event of events) {
      const fits = ['run.started', 'run.finished', 'step.entered', 'step.concluded'];
      if (fits.includes(event.type)) continue;
      const after = apply(before, event);
      expect(after.frames).toEqual(before.frames);
    }
  });

  test('has nothing to do before a run began and after it ended', async () => {
    const { events, library } = await run(setting, { operator: ['yes'] });
    expect(decide(library, initial)).toEqual({ do: 'nothing' });
    expect(decide(library, fold(events))).toEqual({ do: 'nothing' });
  });

  test('and the decision together are `advance`', async () => {
    const { events, library } = await run(setting, { operator: ['yes'] });
    const looked = upTo(events, (it) => it.type === 'command.finished');
    const state = fold(looked.slice(0, -1));
    const event = looked.at(-1);
    if (event === undefined) throw new Error('nothing was looked at');
    const after = advance(library, state, event);
    expect(after.state).toEqual(apply(state, event));
    expect(after.next).toEqual(decide(library, after.state));
  });

  test('of another runbook than the journal belongs to says so', async () => {
    const { events, library } = await run(setting, { operator: ['yes'] });
    const state = fold(upTo(events, (it) => it.type === 'step.entered'));
    const other = withAction({}).books[0];
    const changed = { ...other, steps: { ...other.steps, look: other.steps['done'] } };
    expect(() => decide(new Map([['removal', changed as typeof other]]), state)).toThrow(
      "removal, step 'look': the journal does not fit this runbook",
    );
    expect(() => decide(new Map(), state)).toThrow("the runbook 'removal' is not loaded");
    expect(decide(library, state).do).toBe('run');
  });
});
