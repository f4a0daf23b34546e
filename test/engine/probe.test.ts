import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import { cancelled, failed, hung, reads } from './fake/commands.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';
import { START } from './fake/world.ts';

const head = runbook({
  id: 'watching',
  title: 'Watching',
  version: 1,
  params: z.object({}),
  facts: { uid: z.string() },
});

/** Looks every 10 s for a minute whether the pod is ready; the third time it is enough. */
const watching: Runbook = head
  .steps((step) => ({
    watch: step.probe({
      title: 'Does it come up?',
      next: {
        up: { to: 'read', gives: ['uid'] },
        down: { to: 'watch', atMost: 2, then: 'down' },
        late: { to: 'down' },
      },
      watch: () => ({ every: '10s', within: '60s', late: 'late' }),
      observe: () => ({ pod: reads('pod'), events: reads('events') }),
      conclude: ({ pod }, { to, wait, samples }) => {
        if (!pod.ok) return wait(`sample ${samples.length}: ${pod.says}`);
        return pod.value === 'down' ? to.down('it is down') : to.up('it is up', { uid: pod.value });
      },
    }),
    read: step.probe({
      title: 'Who is it?',
      needs: ['uid'],
      next: { ok: { to: 'up' } },
      observe: ({ facts }) => ({ it: reads(`of-${facts.uid}`) }),
      conclude: (_, { to, facts }) => to.ok(`it is ${facts.uid}`),
    }),
    up: step.end({ title: 'Up', result: 'resolved', left: () => [] }),
    down: step.end({ title: 'Down', result: 'escalate', left: () => ['It is down.'] }),
  }))
  .startingAt('watch');
const setting = { books: [watching], says: { events: 'none', 'of-uid-7': 'x' } } as const;

describe('a probe', () => {
  test('concludes what it saw, and hands its facts to the next step', async () => {
    const { events } = await run(setting, { says: { pod: 'uid-7' } });
    expect(way(events)).toEqual(['watch → up', 'read → ok']);
    expect(ofType(events, 'step.concluded')[0]).toMatchObject({
      because: 'it is up',
      facts: { uid: 'uid-7' },
      to: 'read',
    });
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0, because: 'Up' });
  });

  test('asks its questions side by side', async () => {
    const { events } = await run(setting, { says: { pod: 'uid-7' } });
    const mine = events.filter((it) => 'step' in it && it.step === 'watch').map((it) => it.type);
    expect(mine).toEqual([
      'step.entered',
      'command.started',
      'command.started',
      'command.finished',
      'command.finished',
      'step.concluded',
    ]);
  });

  test('dates its facts by the oldest answer it has', async () => {
    const { events } = await run(setting, { says: { pod: 'uid-7' } });
    const [first] = ofType(events, 'command.finished');
    expect(ofType(events, 'step.concluded')[0]?.seenAt).toBe(first?.at);
  });

  test('gives an outcome to what it could not see, too', async () => {
    const { events } = await run(setting, { says: { pod: ['down', failed, 'uid-7'] } });
    expect(ofType(events, 'step.waiting')).toHaveLength(1);
    expect(way(events)).toEqual(['watch → down', 'watch → up', 'read → ok']);
  });
});

describe('a bounded edge', () => {
  test('leads to its `then` when the bound is used up', async () => {
    const { events } = await run(setting, { says: { pod: 'down' } });
    expect(ofType(events, 'step.concluded').map((it) => it.to)).toEqual(['watch', 'watch', 'down']);
    expect(ofType(events, 'step.entered').map((it) => [it.step, it.visit])).toEqual([
      ['watch', 1],
      ['watch', 2],
      ['watch', 3],
      ['down', 1],
    ]);
    expect(only(events, 'run.finished').left).toEqual(['It is down.']);
  });
});

describe('a watch', () => {
  test('looks again at its pace until something is concluded', async () => {
    const { events } = await run(setting, { says: { pod: [hung, failed, 'uid-7'] } });
    const looks = ofType(events, 'command.started').filter((it) => it.key === 'pod');
    expect(looks.map((it) => it.sample)).toEqual([0, 1, 2]);
    expect(looks.map((it) => Math.round((Date.parse(it.at) - START) / 1000))).toEqual([0, 10, 20]);
    expect(ofType(events, 'step.waiting').map((it) => it.because)).toEqual([
      'sample 1: no answer within 5 s',
      "sample 2: 'pod' ended with an error",
    ]);
  });

  test('is late when its time is up, and says why it still waited', async () => {
    const { events } = await run(setting, { says: { pod: hung } });
    expect(ofType(events, 'command.started').filter((it) => it.key === 'pod')).toHaveLength(7);
    expect(ofType(events, 'step.concluded')).toMatchObject([
      { outcome: 'late', because: 'sample 7: no answer within 5 s', facts: {}, to: 'down' },
    ]);
  });

  test('sees its earlier samples, each with its time', async () => {
    const ages: number[][] = [];
    const step = watching.steps['watch'];
    if (step?.kind !== 'probe') throw new Error('no probe');
    const counting: Runbook = {
      ...watching,
      steps: {
        ...watching.steps,
        watch: {
          ...step,
          conclude: (seen, ctx) => {
            ages.push(ctx.samples.map((it) => Math.round((ctx.now - it.at) / 1000)));
            return step.conclude(seen, ctx);
          },
        },
      },
    };
    await run({ ...setting, books: [counting] }, { says: { pod: [hung, hung, 'uid-7'] } });
    expect(ages).toEqual([[0], [10, 0], [20, 10, 0]]);
  });

  test('that asks nothing ends, too', async () => {
    const step = watching.steps['watch'];
    if (step?.kind !== 'probe') throw new Error('no probe');
    const blind: Runbook = {
      ...watching,
      steps: {
        ...watching.steps,
        watch: { ...step, observe: () => ({}), conclude: (_, { wait }) => wait('soaking') },
      },
    };
    const { events, world } = await run({ ...setting, books: [blind] });
    expect(way(events)).toEqual(['watch → late']);
    expect(Math.round((world.now - START) / 1000)).toBe(60);
  });

  test('makes the commands of a sample at one moment, and reads their answers with the same', async () => {
    const step = watching.steps['watch'];
    if (step?.kind !== 'probe') throw new Error('no probe');
    const made = new Set<string>();
    const timed: Runbook = {
      ...watching,
      steps: {
        ...watching.steps,
        watch: {
          ...step,
          observe: ({ now }) => ({
            pod: {
              ...reads('pod'),
              run: { kind: 'argv', argv: ['fake', 'pod', `since=${now}`] },
              read: () => {
                made.add(`since=${now}`);
                return { ok: false, why: 'exit', says: 'not yet' };
              },
            },
          }),
        },
      },
    };
    const { events } = await run({ ...setting, books: [timed] }, { says: { pod: 'x' } });
    const ran = ofType(events, 'command.started').map((it) => it.argv.split(' ').at(-1));
    expect(ran).toHaveLength(7);
    expect([...made]).toEqual(ran);
  });
});

test('a performer that throws is taken as a command of which nothing is known', async () => {
  const says = {
    pod: () => {
      throw new Error('no such module');
    },
  };
  const { events } = await run(setting, { says });
  expect(ofType(events, 'command.finished').find((it) => it.key === 'pod')).toMatchObject({
    ending: { how: 'lost', because: 'a fault in sre: no such module' },
  });
  expect(way(events)).toEqual(['watch → late']);
});

test('a cancelled read teaches nothing', async () => {
  const { events } = await run(setting, { says: { pod: [cancelled, 'uid-7'] } });
  expect(ofType(events, 'step.waiting')[0]?.because).toBe('sample 1: cancelled before it answered');
});
