import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Result } from '../../src/runbook/step.ts';
import { reads } from './fake/commands.ts';
import { calm, removal, setting as removalSetting } from './fake/removal.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';

const RESULTS: readonly Result[] = ['resolved', 'not-this-incident', 'escalate', 'unsafe'];

/** Finds a pod, has another runbook mend its node, and goes on with what it found itself. */
const caller: Runbook = runbook({
  id: 'caller',
  title: 'Caller',
  version: 1,
  params: z.object({}),
  facts: { uid: z.string() },
})
  .steps((step) => ({
    find: step.probe({
      title: 'Find the pod',
      next: { found: { to: 'mend', gives: ['uid'] } },
      observe: () => ({ pod: reads('pod') }),
      conclude: (_, { to }) => to.found('found', { uid: 'uid-of-caller' }),
    }),
    mend: step.call({
      title: 'Mend its node',
      needs: ['uid'],
      runbook: 'called',
      with: ({ facts }) => ({ of: facts.uid }),
      next: {
        resolved: { to: 'after' },
        'not-this-incident': { to: 'after' },
        escalate: { to: 'worse' },
        unsafe: { to: 'worse' },
        aborted: { to: 'worse' },
      },
    }),
    after: step.probe({
      title: 'Is it well?',
      needs: ['uid'],
      next: { well: { to: 'end' } },
      observe: () => ({ pod: reads('pod') }),
      conclude: (_, { to, facts }) => to.well(`still ${facts.uid}`),
    }),
    end: step.end({ title: 'End', result: 'resolved', left: () => ['Own work.'] }),
    worse: step.end({ title: 'Worse', result: 'escalate', left: () => [] }),
  }))
  .startingAt('find');

/** Finds a fact of the same name, and ends as it is told. */
const called: Runbook = runbook({
  id: 'called',
  title: 'Called',
  version: 1,
  params: z.object({ of: z.string(), patience: z.number().default(5) }),
  facts: { uid: z.string() },
})
  .steps((step) => ({
    look: step.probe({
      title: 'Look at the node',
      next: {
        resolved: { to: 'resolved', gives: ['uid'] },
        'not-this-incident': { to: 'not-this-incident' },
        escalate: { to: 'escalate' },
        unsafe: { to: 'unsafe' },
      },
      observe: ({ params }) => ({ node: reads('node'), of: reads(params.of) }),
      conclude: ({ node }, { to, params, visit }) => {
        const because = `${params.of}, ${params.patience}, visit ${visit}`;
        const said = node.ok ? node.value : '';
        if (said === 'escalate') return to.escalate(because);
        if (said === 'unsafe') return to.unsafe(because);
        return said === 'resolved'
          ? to.resolved(because, { uid: 'uid-of-called' })
          : to['not-this-incident'](because);
      },
    }),
    resolved: step.end({
      title: 'Mended',
      result: 'resolved',
      mayUse: ['uid'],
      left: ({ facts }) => [`Work of ${facts.uid ?? 'nobody'}.`],
    }),
    'not-this-incident': step.end({
      title: 'Not it',
      result: 'not-this-incident',
      left: () => [],
    }),
    escalate: step.end({ title: 'Too much', result: 'escalate', left: () => ['All of it.'] }),
    unsafe: step.end({ title: 'Unsafe', result: 'unsafe', left: () => [] }),
  }))
  .startingAt('look');

const setting = {
  books: [caller, called],
  says: { pod: 'x', node: 'resolved', 'uid-of-caller': 'x' },
} as const;

describe('a called runbook', () => {
  test('is given its parameters, checked and completed by their schema', async () => {
    const { events } = await run(setting);
    expect(ofType(events, 'step.entered').find((it) => it.depth === 1)).toMatchObject({
      step: 'look',
      called: { runbook: 'called', params: { of: 'uid-of-caller', patience: 5 } },
    });
    expect(ofType(events, 'step.concluded').find((it) => it.depth === 1)?.because).toBe(
      'uid-of-caller, 5, visit 1',
    );
  });

  test.for(RESULTS)('that ends %s gives its caller that outcome', async (node) => {
    const { events } = await run(setting, { says: { node } });
    expect(way(events)).toContain(`mend → ${node}`);
    expect(ofType(events, 'run.finished')).toHaveLength(1);
  });

  test('has facts of its own: neither sees those of the other', async () => {
    const { events, state } = await run(setting);
    expect(ofType(events, 'step.concluded').at(-1)?.because).toBe('still uid-of-caller');
    expect(state.frames).toHaveLength(1);
    expect(state.frames[0]?.facts['uid']?.value).toBe('uid-of-caller');
  });

  test('leaves what it left to do to the end of the run', async () => {
    const { events } = await run(setting);
    expect(only(events, 'run.finished').left).toEqual(['Work of uid-of-called.', 'Own work.']);
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
  });

  test('knows how deep it is', async () => {
    const { events } = await run(setting);
    expect(ofType(events, 'step.entered').map((it) => [it.step, it.depth])).toEqual([
      ['find', 0],
      ['mend', 0],
      ['look', 1],
      ['resolved', 1],
      ['after', 0],
      ['end', 0],
    ]);
  });

  test('that is called again is at new visits: depth, step and visit name one visit of the run', async () => {
    const twice: Runbook = {
      ...caller,
      steps: {
        ...caller.steps,
        after: {
          ...caller.steps['after'],
          next: { well: { to: 'mend', atMost: 1, then: 'end' } },
        } as never,
      },
    };
    const { events } = await run({ ...setting, books: [twice, called] });
    const entered = ofType(events, 'step.entered').map((e) => `${e.depth}/${e.step}/${e.visit}`);
    expect(entered).toContain('1/look/2');
    expect(new Set(entered).size).toBe(entered.length);
  });

  test('that is not loaded ends the run, and names it', async () => {
    const { events } = await run({ ...setting, books: [caller] });
    expect(endOf(events).because).toContain("step 'mend' calls 'called', which is not loaded");
  });

  test('whose parameters do not fit ends the run', async () => {
    const strict = { ...called, params: z.object({ of: z.number() }) };
    const { events } = await run({ ...setting, books: [caller, strict] });
    expect(endOf(events)).toMatchObject({ result: 'failed', exitCode: 1 });
  });
});

describe('an action of a called runbook', () => {
  const nested: Runbook = {
    ...caller,
    steps: {
      ...caller.steps,
      mend: { ...caller.steps['mend'], runbook: 'removal', with: () => ({}) } as never,
    },
  };
  const deep = { books: [nested, removal], says: removalSetting.says } as const;

  test('is asked for and proven as any other, and what it changed is said at the end', async () => {
    const { events, world } = await run(deep, {
      says: { ...calm, pod: ['x', 'uid-1', 'uid-1', 'uid-2'] },
      operator: ['yes'],
    });
    expect(world.ran).toContain('delete');
    expect(only(events, 'intent.written')).toMatchObject({ step: 'remove', visit: 1, depth: 1 });
    expect(only(events, 'run.finished').left).toEqual(['Own work.', 'a patched object']);
  });

  test('that is aborted ends the whole run', async () => {
    const { events } = await run(deep, { operator: ['abort'] });
    expect(endOf(events)).toMatchObject({ result: 'aborted', exitCode: 4 });
    expect(way(events)).toEqual(['find → found', 'look → found']);
  });

  test('is planned, and the plan goes on in the caller', async () => {
    const { events } = await run({ ...deep, mode: 'plan' });
    expect(way(events)).toEqual([
      'find → found',
      'look → found',
      'remove → confirmed',
      'mend → resolved',
      'after → well',
    ]);
    expect(endOf(events)).toMatchObject({
      result: 'planned',
      because: "predicted to end 'resolved': End",
    });
  });
});
