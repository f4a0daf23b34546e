import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { hung, mutates } from './fake/commands.ts';
import { podThen, removal, setting, withAction } from './fake/removal.ts';
import { endOf, ofType, only, resume, run, upTo, way } from './fake/run.ts';
import { untilCalledOff } from './fake/world.ts';

/** What the journal holds when the tool died right after an event. */
async function died(after: Event['type'], purpose?: string): Promise<readonly Event[]> {
  const { events } = await run(setting, { operator: ['yes'] });
  return upTo(
    events,
    (it) =>
      it.type === after && (purpose === undefined || ('purpose' in it && it.purpose === purpose)),
  );
}

const gone = { pod: 'uid-2' };
const there = { pod: 'uid-1' };

describe('a run whose tool died', () => {
  test.for([
    ['after the intent was written', 'intent.written', undefined],
    ['after the command left', 'command.started', 'act'],
    ['after the command came back', 'command.finished', 'act'],
    ['while the effect was looked at', 'command.started', 'identity-after'],
  ] as const)('%s is never issued again: its effect is probed', async ([, type, purpose]) => {
    const { events, world } = await resume(setting, await died(type, purpose), { says: gone });
    expect(world.ran).toEqual(['pod']);
    expect(world.cards).toEqual([]);
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(only(events, 'effect.judged')).toMatchObject({
      effect: 'confirmed',
      before: { pod: 'uid-1' },
      after: { pod: 'uid-2' },
    });
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
  });

  test('and whose command did nothing finds it refuted, over a whole window', async () => {
    const { events, world } = await resume(setting, await died('command.started', 'act'), {
      says: there,
      operator: ['no'],
    });
    expect(only(events, 'effect.judged').effect).toBe('refuted');
    expect(ofType(events, 'step.waiting')).toHaveLength(6);
    expect(world.ran).not.toContain('delete');
    expect(way(events)).toEqual(['remove → refuted', 'remove → declined']);
  });

  test('and that still cannot tell asks, and can end in doubt', async () => {
    const { events } = await resume(setting, await died('intent.written'), {
      says: { pod: hung },
      operator: ['abort'],
    });
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  });

  test('between two commands issues no second one on the old confirmation', async () => {
    const two = withAction({ commands: () => [mutates('cordon'), mutates('delete')] });
    const { events: before } = await run(two, {
      says: { cordon: 'done' },
      operator: ['yes'],
    });
    const dead = upTo(before, (it) => it.type === 'command.finished' && it.purpose === 'act');
    const { world } = await resume(two, dead, { says: there, operator: ['no'] });
    expect(world.ran).not.toContain('delete');
    expect(world.ran).not.toContain('cordon');
  });

  test('after the yes, before the intent, is asked again with evidence of now', async () => {
    for (const type of ['confirmation.answered', 'confirmation.asked'] as const) {
      const { events, world } = await resume(setting, await died(type), {
        says: { pod: ['uid-1', 'uid-2'] },
        operator: ['yes'],
      });
      expect(world.cards).toHaveLength(1);
      expect(ofType(events, 'guard.judged')).toHaveLength(4);
      expect(ofType(events, 'drift.judged').map((it) => it.gate)).toEqual(['before', 'after']);
      expect(way(events)).toEqual(['remove → confirmed']);
    }
  });

  test('after the second gate, before the intent, does not act on that gate', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    const dead = upTo(events, (it) => it.type === 'drift.judged' && it.gate === 'after');
    const { events: after, world } = await resume(setting, dead, {
      says: { signal: 'answers', pod: 'uid-1' },
    });
    expect(world.ran).not.toContain('delete');
    expect(way(after)).toContain('remove → drifted');
  });

  test('while it looked looks again from the beginning: no answer of yesterday is mixed in', async () => {
    const { events: before } = await run(
      {
        ...setting,
        books: [removal],
      },
      { says: there, operator: ['no'] },
    );
    const dead = upTo(before, (it) => it.type === 'command.finished');
    const { events } = await resume(setting, dead, { says: there, operator: ['no'] });
    expect(ofType(events, 'command.started')[0]).toMatchObject({ key: 'pod', sample: 1 });
    const concluded = ofType(events, 'step.concluded')[0];
    expect(Date.parse(concluded?.seenAt ?? '')).toBeGreaterThan(Date.parse(dead.at(-1)?.at ?? ''));
  });

  test('says who has resumed it', async () => {
    const { events } = await resume(setting, await died('intent.written'), { says: gone });
    expect(events[0]).toMatchObject({ type: 'run.resumed', operator: 'bob', host: 'desk' });
    expect(events[0]?.seq).toBe((await died('intent.written')).length + 1);
  });
});

describe('a run that had ended', () => {
  test('in doubt is taken up where it was, and probed', async () => {
    const { events: before } = await run(setting, {
      says: { delete: untilCalledOff },
      when: (event, world) => {
        if (event.type !== 'command.started' || event.purpose !== 'act') return;
        world.press();
        world.press();
      },
      operator: ['yes'],
    });
    expect(endOf(before).result).toBe('in-doubt');
    const { events, world } = await resume(setting, before, { says: gone });
    expect(world.ran).toEqual(['pod']);
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
  });

  test('by an abort at a prompt is asked again', async () => {
    const { events: before } = await run(setting, { operator: ['abort'] });
    const { events, world } = await resume(setting, before, {
      says: { pod: ['uid-1', 'uid-2'] },
      operator: ['yes'],
    });
    expect(world.cards).toHaveLength(1);
    expect(endOf(events)).toMatchObject({ result: 'resolved', exitCode: 0 });
  });

  test('by Ctrl-C goes on', async () => {
    const { events: before } = await run(setting, {
      when: (event, world) => {
        if (event.type === 'guard.judged') world.press();
      },
    });
    expect(endOf(before).exitCode).toBe(130);
    const { events } = await resume(setting, before, {
      says: { pod: podThen('uid-2') },
      operator: ['no'],
    });
    expect(way(events)).toEqual(['remove → declined']);
  });
});

test('an effect that was judged before the tool died is not judged again', async () => {
  const { events, world } = await resume(setting, await died('effect.judged'), { says: gone });
  expect(world.ran).toEqual([]);
  expect(ofType(events, 'effect.judged')).toEqual([]);
  expect(only(events, 'run.finished')).toMatchObject({
    result: 'resolved',
    left: ['a patched object'],
  });
});
