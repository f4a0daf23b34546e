import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { hung } from './fake/commands.ts';
import { setting } from './fake/removal.ts';
import { endOf, ofType, only, resume, run, upTo, way } from './fake/run.ts';

/** DESIGN, The engine: the menu on a failure. */

const there = { pod: 'uid-1' };
function failureOf(events: readonly Event[]) {
  const asked = ofType(events, 'operator.asked').map(({ question }) => question);
  return asked.find((it) => it.about === 'failure');
}

describe('an action that was refuted', () => {
  test('asks, and says what may be done: no default, and where the runbook goes', async () => {
    const { events } = await run(setting, { says: there, operator: ['yes', 'no'] });
    expect(failureOf(events)).toMatchObject({ title: expect.any(String), outcome: 'refuted' });
    expect(Object.keys(failureOf(events)?.options ?? {})).toEqual([
      'retry',
      'probe',
      'by-hand',
      'skip',
      'go-on',
      'abort',
    ]);
  });

  test('tried again is a new visit with its own guards, confirmation and intent', async () => {
    const { events, world } = await run(setting, {
      says: { pod: [...Array(10).fill('uid-1'), 'uid-2'] },
      operator: ['yes', 'yes'],
      failures: ['retry'],
    });
    expect(way(events)).toEqual(['look → found', 'remove → retried', 'remove → confirmed']);
    expect(world.cards).toHaveLength(2);
    const intents = ofType(events, 'intent.written').filter((it) => it.does === 'mutates');
    expect(intents.map((it) => it.visit)).toEqual([1, 2]);
  });

  test('looked at again is the same visit: nothing is issued a second time', async () => {
    const { events, world } = await run(setting, {
      says: { pod: [...Array(9).fill('uid-1'), 'uid-2'] },
      operator: ['yes'],
      failures: ['probe'],
    });
    expect(way(events)).toEqual(['look → found', 'remove → confirmed']);
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
  });

  test('done by hand shows the command, and is judged once the person says that it is done', async () => {
    const { events, world } = await run(setting, {
      says: { pod: [...Array(9).fill('uid-1'), 'uid-2'] },
      operator: ['yes', 'done'],
      failures: ['by-hand'],
    });
    expect(world.questions[0]).toMatchObject({ about: 'manual' });
    expect(way(events)).toEqual(['look → found', 'remove → confirmed']);
  });

  test('can be where the run stops, with what is left in place', async () => {
    const { events } = await run(setting, {
      says: there,
      operator: ['yes'],
      failures: [{ answer: 'abort', note: 'calling the storage team' }],
    });
    const end = endOf(events);
    expect(end).toMatchObject({ result: 'aborted', exitCode: 4 });
    expect(end.because).toContain('calling the storage team');
    expect(only(events, 'run.finished').left.join()).toContain('sent in this run');
  });
});

describe('an action that is blocked', () => {
  test('may be looked at again, and never be pushed past its guards', async () => {
    const { events } = await run(setting, { says: { votes: hung } });
    expect(Object.keys(failureOf(events)?.options ?? {})).toEqual([
      'retry',
      'skip',
      'go-on',
      'abort',
    ]);
    expect(way(events)).toEqual(['look → found', 'remove → blocked']);
    expect(ofType(events, 'intent.written')).toEqual([]);
  });

  test('goes on once what forbade it is mended', async () => {
    const { events } = await run(setting, {
      says: { votes: [hung, 'enough'] },
      operator: ['yes'],
      failures: ['retry'],
    });
    expect(way(events)).toEqual(['look → found', 'remove → retried', 'remove → confirmed']);
  });

  test('is left out with the reason of whoever says so', async () => {
    const { events } = await run(setting, {
      says: { votes: hung },
      failures: [{ answer: 'skip', note: 'the node goes tomorrow' }],
    });
    const concluded = ofType(events, 'step.concluded').at(-1);
    expect(concluded?.outcome).toBe('skipped');
    expect(concluded?.because).toContain('the node goes tomorrow');
  });

  test('in a plan asks nobody', async () => {
    const { world } = await run({ ...setting, mode: 'plan' }, { says: { votes: hung } });
    expect(world.failures).toEqual([]);
  });
});

/** What the journal holds of a tool that died with its intent on disk. */
const cutOff = async (): Promise<readonly Event[]> =>
  upTo((await run(setting, { operator: ['yes'] })).events, (it) => it.type === 'intent.written');

describe('a run that was cut off after its intent', () => {
  test('says so where the effect is not there, since the command may never have left', async () => {
    const { events } = await resume(setting, await cutOff(), { says: there, operator: ['no'] });
    expect(failureOf(events)).toMatchObject({ cutOff: true });
    expect(only(events, 'effect.judged').effect).toBe('refuted');
  });

  test('tries again as a visit of its own', async () => {
    const { events, world } = await resume(setting, await cutOff(), {
      says: { pod: [...Array(9).fill('uid-1'), 'uid-2'] },
      operator: ['yes'],
      failures: ['retry'],
    });
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
    expect(world.cards).toHaveLength(1);
    expect(way(events)).toEqual(['remove → retried', 'remove → confirmed']);
  });
});

test('a failure that was asked about when the tool died is asked about anew', async () => {
  const { events } = await run(setting, { says: there, operator: ['yes', 'no'] });
  const dead = upTo(
    events,
    (it) => it.type === 'operator.asked' && it.question.about === 'failure',
  );
  const after = await resume(setting, dead, { says: there, failures: ['abort'] });
  expect(ofType(after.events, 'operator.asked')).toHaveLength(1);
  expect(endOf(after.events)).toMatchObject({ result: 'aborted' });
});
