import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/runbook/observation.ts';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Action, Drift, Judgement, Target } from '../../src/runbook/step.ts';
import { mutates, reads } from './fake/commands.ts';
import { fold, ofType, only, run } from './fake/run.ts';
import type { Setting } from './fake/run.ts';

const book = (id: string) =>
  runbook({ id, title: id, version: 1, params: z.object({}), facts: {} });

/** One action that reads `state` and wants another word there. */
const action = (word: string, also: Pick<Action, 'leaves' | 'settles'>) => ({
  title: word,
  risk: 'reversible' as const,
  target: (): Target => ({ name: 'k8s-node2', kind: 'node', proven: ['uid 1', 'boot 2'] }),
  guards: () => [],
  blastRadius: { observe: () => ({}), measure: () => ({ counts: [], unknown: [] }) },
  drift: {
    freshWithin: '60s' as const,
    observe: () => ({}),
    judge: (): Drift => ({ drift: 'same', because: 'still so' }),
  },
  commands: () => [mutates(word)],
  effect: {
    proof: 'it says so',
    every: '5s' as const,
    within: '10s' as const,
    identity: () => ({ state: reads(`${word}-state`) }),
    judge: (_: unknown, { state }: { readonly state: Observation<string> }): Judgement =>
      state.ok && state.value === 'done'
        ? { effect: 'confirmed', because: 'done' }
        : { effect: 'refuted', because: 'not done' },
  },
  undo: 'none',
  ...also,
});

const NEXT = {
  refuted: { to: 'worse' },
  declined: { to: 'worse' },
  blocked: { to: 'worse' },
  drifted: { to: 'worse' },
} as const;

const CORDON = {
  id: 'cordon k8s-node2',
  left: 'k8s-node2 is cordoned',
  todo: 'kubectl uncordon k8s-node2, once it is well.',
};
const NOTE = { left: 'a patched object', todo: 'Write it down.' };

/** Cordons a node, uncordons it, and ends. */
const both: Runbook = book('both')
  .steps((step) => ({
    cordon: step.action({
      ...action('cordon', { leaves: () => [CORDON, NOTE] }),
      next: { ...NEXT, confirmed: { to: 'uncordon' } },
    }),
    uncordon: step.action({
      ...action('uncordon', { settles: () => ['cordon k8s-node2'] }),
      next: { ...NEXT, confirmed: { to: 'end' } },
    }),
    end: step.end({ title: 'End', result: 'resolved', left: () => [] }),
    worse: step.end({ title: 'Worse', result: 'escalate', left: () => [] }),
  }))
  .startingAt('cordon');

/** The same, with the cordon in a runbook that it calls. */
const caller: Runbook = book('caller')
  .steps((step) => ({
    mend: step.call({
      title: 'Mend the node',
      runbook: 'cordons',
      with: () => ({}),
      next: {
        resolved: { to: 'uncordon' },
        'not-this-incident': { to: 'worse' },
        escalate: { to: 'worse' },
        unsafe: { to: 'worse' },
        aborted: { to: 'worse' },
      },
    }),
    uncordon: step.action({
      ...action('uncordon', { settles: () => ['cordon k8s-node2'] }),
      next: { ...NEXT, confirmed: { to: 'end' } },
    }),
    end: step.end({ title: 'End', result: 'resolved', left: () => [] }),
    worse: step.end({ title: 'Worse', result: 'escalate', left: () => [] }),
  }))
  .startingAt('mend');

const cordons: Runbook = book('cordons')
  .steps((step) => ({
    cordon: step.action({
      ...action('cordon', { leaves: () => [CORDON, NOTE] }),
      next: { ...NEXT, confirmed: { to: 'end' } },
    }),
    end: step.end({ title: 'Cordoned', result: 'resolved', left: () => [] }),
    worse: step.end({ title: 'Worse', result: 'escalate', left: () => [] }),
  }))
  .startingAt('cordon');

const says = {
  cordon: 'ok',
  uncordon: 'ok',
  'cordon-state': ['no', 'done'],
  'uncordon-state': ['no', 'done'],
} as const;
const SETTINGS: readonly (readonly [string, Setting])[] = [
  ['in one runbook', { books: [both], says }],
  ['across a called runbook', { books: [caller, cordons], says }],
];

describe.each(SETTINGS)('what a run leaves, %s', (_, setting) => {
  test('is off the list once a later action has taken care of it', async () => {
    const { events, state } = await run(setting, { operator: ['yes', 'yes'] });
    expect(ofType(events, 'effect.judged').map((it) => it.settles)).toEqual([
      [],
      ['cordon k8s-node2'],
    ]);
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'resolved',
      left: ['a patched object'],
      followUps: [NOTE],
    });
    expect(fold(events).followUps).toEqual(state.followUps);
  });

  test('is said where the run is aborted in between', async () => {
    const { events } = await run(setting, { operator: ['yes', 'abort'] });
    const { left, followUps, exitCode } = only(events, 'run.finished');
    expect(left).toContain('k8s-node2 is cordoned');
    expect(followUps).toEqual([CORDON, NOTE]);
    expect(exitCode).toBe(4);
  });

  test('stays where what would take care of it did not work', async () => {
    const { events } = await run(setting, {
      says: { 'uncordon-state': 'no' },
      operator: ['yes', 'yes'],
    });
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'escalate',
      followUps: [CORDON, NOTE],
    });
  });
});

test('what is left a second time stands there once', async () => {
  const again: Runbook = {
    ...both,
    steps: {
      ...both.steps,
      uncordon: { ...both.steps['uncordon'], leaves: () => [CORDON], settles: () => [] } as never,
    },
  };
  const { events } = await run({ books: [again], says }, { operator: ['yes', 'yes'] });
  expect(only(events, 'run.finished').followUps).toEqual([NOTE, CORDON]);
});
