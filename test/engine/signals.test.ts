import { describe, expect, test } from 'vitest';
import { Interrupted, NobodyToAsk, NotAsPlanned } from '../../src/engine/ports.ts';
import { cancelled, hung, intrudes, printed } from './fake/commands.ts';
import { podThen, setting, withAction } from './fake/removal.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';
import { untilCalledOff } from './fake/world.ts';
import type { FakeWorld } from './fake/world.ts';
import type { Event } from '../../src/engine/events.ts';

/** Presses Ctrl-C so often when an event of that type was kept for the first time. */
function pressAfter(type: Event['type'], purpose?: string, times = 1) {
  let pressed = false;
  return (event: Event, world: FakeWorld): void => {
    const mine = event.type === type && (!('purpose' in event) || event.purpose === purpose);
    if (!mine || pressed) return;
    pressed = true;
    for (let i = 0; i < times; i += 1) world.press();
  };
}

const throwing = (error: Error) => (): never => {
  throw error;
};

describe('Ctrl-C', () => {
  test('before anything was issued ends the run with 130', async () => {
    const { events, world } = await run(setting, { when: pressAfter('run.started') });
    expect(endOf(events)).toMatchObject({ result: 'interrupted', exitCode: 130 });
    expect(world.ran).toEqual([]);
  });

  test('during a read calls it off', async () => {
    const { events, world } = await run(setting, {
      says: { pod: untilCalledOff },
      when: pressAfter('command.started', 'observe'),
    });
    expect(only(events, 'command.finished').ending).toEqual({ how: 'cancelled' });
    expect(ofType(events, 'step.concluded')).toEqual([]);
    expect(world.ran).toEqual(['pod']);
    expect(endOf(events)).toEqual({
      result: 'interrupted',
      exitCode: 130,
      because: 'stopped by the operator',
    });
  });

  test('during a wait ends it at once', async () => {
    const { events, world } = await run(setting, {
      says: { pod: podThen('uid-1', 'uid-2') },
      operator: ['yes'],
      pressAt: 2000,
    });
    const pressed = only(events, 'run.interrupted');
    expect(pressed).toMatchObject({ how: 'stop' });
    expect(Date.parse(pressed.at)).toBeLessThan(
      Date.parse(only(events, 'step.waiting').until) - 1000,
    );
    expect(world.ran.filter((it) => it === 'pod')).toHaveLength(4);
    expect(only(events, 'effect.judged').effect).toBe('confirmed');
    expect(endOf(events)).toMatchObject({ result: 'aborted', exitCode: 4 });
  });

  test('during a mutation lets it come to its end, judges its effect once, and goes no further', async () => {
    const { events, world } = await run(setting, {
      says: { delete: (signal) => (signal.aborted ? cancelled : printed('deleted')) },
      when: pressAfter('command.started', 'act'),
      operator: ['yes'],
    });
    const acted = ofType(events, 'command.finished').find((it) => it.purpose === 'act');
    expect(acted?.ending).toEqual({ how: 'exited', code: 0 });
    const looks = ofType(events, 'command.finished').filter(
      (it) => it.purpose === 'identity-after',
    );
    expect(looks.map((it) => it.ending)).toEqual([{ how: 'exited', code: 0 }]);
    expect(only(events, 'effect.judged').effect).toBe('confirmed');
    expect(endOf(events)).toEqual({
      result: 'aborted',
      exitCode: 4,
      because: 'stopped by the operator; uid-2',
    });
    expect(only(events, 'run.finished').left).toContain('a patched object');
    expect(world.ran.at(-1)).toBe('pod');
  });

  test('before the effect had its time leaves it in doubt: not yet is not no', async () => {
    const { events } = await run(setting, {
      says: { pod: 'uid-1' },
      when: pressAfter('command.started', 'act'),
      operator: ['yes'],
    });
    expect(only(events, 'effect.judged')).toMatchObject({
      effect: 'unknown',
      because: 'stopped too early to tell: uid-1',
    });
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  });

  test('after an effect that is refuted for good says so', async () => {
    const { events } = await run(setting, {
      says: { pod: podThen('protected') },
      when: pressAfter('command.started', 'act'),
      operator: ['yes'],
    });
    expect(only(events, 'effect.judged').effect).toBe('refuted');
    expect(endOf(events)).toMatchObject({ result: 'aborted', exitCode: 4 });
  });

  test('between the intent and its command keeps the command from leaving', async () => {
    const { events, world } = await run(setting, {
      says: { pod: 'uid-1' },
      when: pressAfter('intent.written', 'act'),
      operator: ['yes'],
    });
    expect(world.ran).not.toContain('delete');
    expect(only(events, 'effect.judged').effect).toBe('refuted');
    expect(endOf(events)).toMatchObject({ result: 'aborted', exitCode: 4 });
  });

  test('after a yes, before the intent, issues nothing', async () => {
    const { events, world } = await run(setting, {
      when: pressAfter('confirmation.answered'),
      operator: ['yes'],
    });
    expect(world.ran).not.toContain('delete');
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(endOf(events)).toMatchObject({ result: 'interrupted', exitCode: 130 });
  });

  test('at a prompt is no answer', async () => {
    const { events } = await run(setting, {
      operator: [throwing(new Interrupted())],
    });
    expect(ofType(events, 'confirmation.answered')).toEqual([]);
    expect(only(events, 'run.interrupted').because).toBe('stopped by the operator at a prompt');
    expect(endOf(events)).toMatchObject({ result: 'interrupted', exitCode: 130 });
  });

  test('at the question of a doubt ends the run in doubt', async () => {
    const { events } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', throwing(new Interrupted())],
    });
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  });

  test('lets an intrusive command come to its end, too', async () => {
    const canary = withAction({ capture: () => ({ log: intrudes('canary') }) });
    const { events } = await run(canary, {
      says: { canary: (signal) => (signal.aborted ? cancelled : printed('written')) },
      when: pressAfter('command.started', 'capture'),
    });
    expect(ofType(events, 'command.finished').at(-1)).toMatchObject({
      purpose: 'capture',
      ending: { how: 'exited', code: 0 },
    });
    expect(endOf(events).exitCode).toBe(130);
  });
});

describe('Ctrl-C twice', () => {
  test('during a mutation detaches from it, in doubt', async () => {
    const { events, world } = await run(setting, {
      says: { delete: untilCalledOff },
      when: pressAfter('command.started', 'act', 2),
      operator: ['yes'],
    });
    expect(only(events, 'run.interrupted')).toMatchObject({
      how: 'detach',
      because: 'detached by the operator',
    });
    expect(world.ran.at(-1)).toBe('delete');
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'in-doubt',
      exitCode: 5,
      left: ['Remove the pod: issued, and nobody looked whether it worked'],
    });
  });

  test('while the effect is looked at detaches, too', async () => {
    const { events } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      when: pressAfter('command.started', 'identity-after', 2),
      operator: ['yes'],
    });
    expect(ofType(events, 'effect.judged')).toEqual([]);
    expect(endOf(events)).toMatchObject({ result: 'in-doubt', exitCode: 5 });
  });

  test('before anything was issued is a stop like any other', async () => {
    const { events } = await run(setting, { when: pressAfter('step.entered', undefined, 2) });
    expect(endOf(events)).toMatchObject({ result: 'interrupted', exitCode: 130 });
  });
});

describe('where nobody can be asked', () => {
  test('a confirmation is not assumed: nothing is issued', async () => {
    const { events, world } = await run(setting, {
      operator: [throwing(new NobodyToAsk('no terminal, and no approval for remove=vault-2'))],
    });
    expect(world.ran).not.toContain('delete');
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(endOf(events)).toEqual({
      result: 'needs-approval',
      exitCode: 8,
      because: 'no terminal, and no approval for remove=vault-2',
    });
  });

  test('what is not as planned is not issued', async () => {
    const { events, world } = await run(setting, {
      operator: [throwing(new NotAsPlanned('another target'))],
    });
    expect(world.ran).not.toContain('delete');
    expect(ofType(events, 'intent.written')).toEqual([]);
    expect(endOf(events)).toEqual({
      result: 'not-as-planned',
      exitCode: 7,
      because: 'another target',
    });
  });

  test('a doubt stays one: what was issued is said', async () => {
    const { events } = await run(setting, {
      says: { pod: ['uid-1', 'uid-1', hung] },
      operator: ['yes', throwing(new NobodyToAsk('no terminal'))],
    });
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'in-doubt',
      exitCode: 5,
      left: ['remove: issued, and its effect is not known'],
    });
  });

  test('what earlier actions have left is said, too', async () => {
    const twice = withAction({}, { confirmed: { to: 'look', atMost: 1, then: 'done' } });
    const { events } = await run(twice, {
      says: { pod: ['uid-1', 'uid-1', 'uid-2'] },
      operator: ['yes', throwing(new NobodyToAsk('no terminal'))],
    });
    expect(way(events).slice(0, 2)).toEqual(['look → found', 'remove → confirmed']);
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'needs-approval',
      left: expect.arrayContaining(['a patched object']),
    });
  });
});
