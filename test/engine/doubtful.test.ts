import { describe, expect, test } from 'vitest';
import { hung } from './fake/commands.ts';
import { removal, withAction } from './fake/removal.ts';
import { endOf, fold, ofType, only, resume, run, upTo, way } from './fake/run.ts';
import type { Says } from './fake/world.ts';

/** Its doubtful edge leads back to the probe, once. */
const setting = withAction({}, { doubtful: { to: 'look', atMost: 1, then: 'left' } });
const OFFER = 'look closer: Which pod is it?';

/** To the probe, as identity before, then no answer until the question, then this. */
const silentThen = (...after: readonly [string, ...string[]]): Says => [
  'uid-1',
  'uid-1',
  ...Array.from({ length: 7 }, () => hung),
  ...after,
];

describe('an action with a doubtful edge', () => {
  test('offers the probe it leads to where its effect is unknown', async () => {
    const { events } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', 'abort'],
    });
    expect(only(events, 'operator.asked').question).toMatchObject({
      options: { examine: OFFER },
    });
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  });

  test('goes there when the operator says so, and no second command leaves by itself', async () => {
    const { events, world } = await run(setting, {
      says: { pod: silentThen('uid-2') },
      operator: ['yes', 'examine', 'no'],
    });
    expect(way(events)).toEqual([
      'look → found',
      'remove → doubtful',
      'look → found',
      'remove → declined',
    ]);
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
    expect(ofType(events, 'confirmation.asked')).toHaveLength(2);
  });

  test('says what it may have left, since nobody has proven that it did not', async () => {
    const { events, state } = await run(setting, {
      says: { pod: silentThen('uid-2') },
      operator: ['yes', 'examine', 'no'],
    });
    expect(only(events, 'run.finished').followUps).toEqual([
      {
        left: 'a patched object (perhaps: whether it came to that is not known)',
        todo: 'Write it down.',
      },
    ]);
    expect(fold(events)).toEqual(state);
  });

  test('offers it no more once its bound is used up', async () => {
    const { events, world } = await run(setting, {
      says: { pod: silentThen('uid-2', 'uid-2', ...Array.from({ length: 1 }, () => 'uid-2')) },
      operator: ['yes', 'examine', 'yes', 'abort'],
      when: (event, it) => {
        if (event.type === 'intent.written' && event.visit === 2) it.says['pod'] = hung;
      },
    });
    const options = ofType(events, 'operator.asked').map(({ question }) =>
      question.about === 'doubt' ? Object.keys(question.options) : [],
    );
    expect(options).toEqual([
      ['probe', 'by-hand', 'examine', 'abort'],
      ['probe', 'by-hand', 'abort'],
    ]);
    expect(world.questions).toHaveLength(2);
    expect(endOf(events).result).toBe('in-doubt');
  });

  test('never takes the edge by itself: Ctrl-C at the question ends in doubt', async () => {
    const { events } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', (world) => (world.press(), 'examine')],
    });
    expect(way(events)).toEqual(['look → found']);
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  });

  test('asks again after a crash between the answer and the step', async () => {
    const { events } = await run(setting, {
      says: { pod: silentThen('uid-2') },
      operator: ['yes', 'examine', 'no'],
    });
    const cut = upTo(events, (it) => it.type === 'operator.answered');
    const resumed = await resume(setting, cut, {
      says: { pod: hung },
      operator: ['abort'],
    });
    expect(resumed.world.questions).toHaveLength(1);
    expect(resumed.world.ran).not.toContain('delete');
    expect(endOf(resumed.events)).toMatchObject({ result: 'in-doubt' });
  });
});

test('an action without the edge does not offer it, and an answer that was not offered leads nowhere', async () => {
  const plain = withAction({});
  const { events } = await run(plain, {
    says: { pod: ['uid-1', 'uid-1', hung] },
    operator: ['yes', 'examine'],
  });
  expect(only(events, 'operator.asked').question).not.toHaveProperty('options.examine');
  expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  expect(removal.steps['remove']?.next).not.toHaveProperty('doubtful');
});
