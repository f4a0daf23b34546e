import { describe, expect, test } from 'vitest';
import { failed, hung, lost, mutates, refused } from './fake/commands.ts';
import { podThen, setting, withAction } from './fake/removal.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';
import { START } from './fake/world.ts';

const secondsOf = (at: string): number => Math.round((Date.parse(at) - START) / 1000);

describe('an effect', () => {
  test('is polled until it is there', async () => {
    const { events, world } = await run(setting, {
      says: { pod: podThen('uid-1', 'uid-1', 'uid-2') },
      operator: ['yes'],
    });
    expect(only(events, 'effect.judged')).toMatchObject({ effect: 'confirmed' });
    expect(ofType(events, 'step.waiting').map((it) => it.sample)).toEqual([0, 1]);
    expect(secondsOf(only(events, 'effect.judged').at)).toBe(10);
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
  });

  test('that is not there when its time is up is refuted, and its edge is taken', async () => {
    const { events } = await run(setting, {
      says: { pod: 'uid-1' },
      operator: ['yes', 'no'],
    });
    expect(only(events, 'effect.judged')).toMatchObject({ effect: 'refuted', because: 'uid-1' });
    expect(secondsOf(only(events, 'effect.judged').at)).toBe(30);
    expect(way(events)).toEqual(['look → found', 'remove → refuted', 'remove → declined']);
  });

  test('that is refuted for good is not waited for', async () => {
    const { events } = await run(setting, {
      says: { pod: podThen('protected') },
      operator: ['yes', 'no'],
    });
    expect(only(events, 'effect.judged')).toMatchObject({ effect: 'refuted' });
    expect(ofType(events, 'step.waiting')).toEqual([]);
  });

  test('is judged by the identity, whatever the command said', async () => {
    for (const said of [failed, hung, lost]) {
      const { events } = await run(setting, { says: { delete: said }, operator: ['yes'] });
      expect(way(events).at(-1)).toBe('remove → confirmed');
    }
  });

  test('of a command that exits 0 and does nothing is refuted', async () => {
    const { events } = await run(setting, {
      says: { pod: 'uid-1', delete: 'deleted' },
      operator: ['yes', 'no'],
    });
    expect(ofType(events, 'command.finished').find((it) => it.purpose === 'act')).toMatchObject({
      ending: { how: 'exited', code: 0 },
    });
    expect(way(events)).toContain('remove → refuted');
  });

  test('is asked for, not assumed, where nothing is known when the time is up', async () => {
    const { events, world } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', 'abort'],
    });
    expect(only(events, 'effect.judged').effect).toBe('unknown');
    expect(only(events, 'operator.asked').question).toMatchObject({
      about: 'doubt',
      title: 'Remove the pod',
      because: 'no answer within 5 s',
      options: { probe: 'look at it again' },
    });
    expect(world.questions).toEqual([only(events, 'operator.asked').question]);
    expect(way(events)).toEqual(['look → found']);
  });

  test('counts only where it was confirmed: what it leaves is not said otherwise', async () => {
    const { events } = await run(setting, { says: { pod: 'uid-1' }, operator: ['yes', 'no'] });
    expect(only(events, 'effect.judged').leaves).toEqual([]);
    expect(only(events, 'run.finished').followUps).toEqual([]);
  });
});

describe('in doubt', () => {
  const doubtful = { pod: ['uid-1', 'uid-1', hung, hung, hung, hung, hung, hung, hung, 'uid-2'] };

  test('the operator probes again: over a whole window, with nothing issued', async () => {
    const { events, world } = await run(setting, { says: doubtful, operator: ['yes', 'probe'] });
    expect(ofType(events, 'effect.judged').map((it) => it.effect)).toEqual([
      'unknown',
      'confirmed',
    ]);
    expect(way(events).at(-1)).toBe('remove → confirmed');
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
    const looks = ofType(events, 'command.started').filter((it) => it.purpose === 'identity-after');
    expect(looks.map((it) => it.sample)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('the operator has finished it by hand: it is proven, not believed', async () => {
    const { events } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', 'by-hand', 'abort'],
    });
    expect(ofType(events, 'effect.judged').map((it) => it.effect)).toEqual(['unknown', 'unknown']);
  });

  test('the operator aborts: the run ends in doubt and says what was issued', async () => {
    const { events } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', 'abort'],
    });
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'in-doubt',
      exitCode: 5,
      left: ['Remove the pod: issued, and its effect is not known (no answer within 5 s)'],
    });
  });
});

describe('a command that refused to begin', () => {
  test('is refuted at the first look: nothing can come of it', async () => {
    const { events } = await run(setting, {
      says: { delete: refused, pod: 'uid-1' },
      operator: ['yes', 'no'],
    });
    expect(only(events, 'effect.judged').effect).toBe('refuted');
    expect(ofType(events, 'step.waiting')).toEqual([]);
  });

  test('is not followed by the next one', async () => {
    const two = withAction({ commands: () => [mutates('cordon'), mutates('delete')] });
    const { world, events } = await run(two, {
      says: { cordon: refused, pod: 'uid-1' },
      operator: ['yes', 'no'],
    });
    expect(world.ran).not.toContain('delete');
    expect(ofType(events, 'intent.written')).toHaveLength(1);
  });
});

describe('an action of two commands', () => {
  const two = withAction({ commands: () => [mutates('cordon'), mutates('delete')] });

  test('writes an intent for each, before it leaves', async () => {
    const { world, events } = await run(two, { says: { cordon: 'done' }, operator: ['yes'] });
    const acts = world.log.filter((it) => /intent|ran (cordon|delete)/.test(it));
    expect(acts).toEqual([
      'kept intent.written',
      'ran cordon',
      'kept intent.written',
      'ran delete',
    ]);
    expect(way(events).at(-1)).toBe('remove → confirmed');
  });

  test.for([
    ['failed', failed],
    ['hung', hung],
    ['was lost', lost],
  ] as const)('issues no second one where the first %s', async ([, said]) => {
    const { world, events } = await run(two, {
      says: { cordon: said, pod: 'uid-1' },
      operator: ['yes', 'no'],
    });
    expect(world.ran).not.toContain('delete');
    expect(only(events, 'effect.judged').effect).toBe('refuted');
  });
});

describe('by hand', () => {
  test('the intent is written, no command leaves, and the effect is proven', async () => {
    const { events, world } = await run(setting, {
      says: { pod: podThen('uid-1', 'uid-2') },
      operator: [{ answer: 'yes', byHand: true }, 'done'],
    });
    expect(world.ran).not.toContain('delete');
    expect(only(events, 'intent.written')).toMatchObject({ byHand: true, argv: 'fake delete' });
    expect(ofType(events, 'command.started').filter((it) => it.purpose === 'act')).toEqual([]);
    expect(only(events, 'effect.judged').effect).toBe('confirmed');
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
  });

  test('is asked for with the very line, and stopping there leaves it in doubt', async () => {
    const { events } = await run(setting, {
      operator: [{ answer: 'yes', byHand: true }, 'abort'],
    });
    expect(only(events, 'operator.asked').question).toMatchObject({
      about: 'manual',
      instructions: [],
      commands: [{ where: 'here', line: 'fake delete' }],
    });
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  });
});

describe('after a refuted action', () => {
  test('another try is a new visit with its own guards, confirmation and intent', async () => {
    const says = { pod: ['uid-1', 'uid-1', 'protected', 'uid-1', 'uid-2'] };
    const { events, world } = await run(setting, { says, operator: ['yes', 'yes'] });
    expect(way(events)).toEqual(['look → found', 'remove → refuted', 'remove → confirmed']);
    for (const type of ['intent.written', 'confirmation.asked', 'effect.judged'] as const) {
      expect(ofType(events, type).map((it) => it.visit)).toEqual([1, 2]);
    }
    expect(ofType(events, 'guard.judged').map((it) => it.visit)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(2);
  });

  test('the bound of its edge leads on', async () => {
    const { events } = await run(setting, { says: { pod: 'uid-1' }, operator: ['yes', 'yes'] });
    expect(way(events)).toEqual(['look → found', 'remove → refuted', 'remove → refuted']);
    expect(ofType(events, 'step.concluded').map((it) => it.to)).toEqual([
      'remove',
      'remove',
      'left',
    ]);
  });
});
