import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import { ofType, only, run, runIntoFailure, way } from './fake/run.ts';
import { setting } from './fake/removal.ts';

/** One line for each event, with what tells it from others of its type. */
function line(event: Event): string {
  const words: unknown[] = [event.type];
  if ('command' in event) words.push(event.command.slice('fake.'.length), `(${event.purpose})`);
  if ('guard' in event) words.push(event.guard);
  if ('gate' in event) words.push(event.gate);
  for (const word of ['verdict', 'drift', 'answer', 'effect'] as const) {
    if (word in event) words.push((event as Event & Record<typeof word, string>)[word]);
  }
  return words.join(' ');
}

describe('an action', () => {
  test('does everything in its one order', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    const mine = events.filter((it) => 'step' in it && it.step === 'remove');
    expect(mine.map(line)).toEqual([
      'step.entered',
      'command.started log (capture)',
      'command.finished log (capture)',
      'command.started votes (guard)',
      'command.started upgrades (guard)',
      'command.finished votes (guard)',
      'command.finished upgrades (guard)',
      'guard.judged quorum holds',
      'guard.judged maintenance holds',
      'command.started endpoints (blast)',
      'command.finished endpoints (blast)',
      'blast.measured',
      'command.started signal (drift)',
      'command.finished signal (drift)',
      'drift.judged before same',
      'command.started pod (identity-before)',
      'command.finished pod (identity-before)',
      'confirmation.asked',
      'confirmation.answered yes',
      'command.started signal (drift)',
      'command.finished signal (drift)',
      'drift.judged after same',
      'command.started votes (guard)',
      'command.started upgrades (guard)',
      'command.finished votes (guard)',
      'command.finished upgrades (guard)',
      'guard.judged quorum holds',
      'guard.judged maintenance holds',
      'intent.written delete (act)',
      'command.started delete (act)',
      'command.finished delete (act)',
      'command.started pod (identity-after)',
      'command.finished pod (identity-after)',
      'effect.judged confirmed',
      'step.concluded',
    ]);
  });

  test('is confirmed, resolves the run, and says what it left changed', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    expect(way(events)).toEqual(['look → found', 'remove → confirmed']);
    expect(only(events, 'run.finished')).toMatchObject({
      result: 'resolved',
      exitCode: 0,
      left: ['a patched object'],
      followUps: [{ left: 'a patched object', todo: 'Write it down.' }],
    });
  });

  test('shows in its confirmation what it will run, on what, and what that breaks', async () => {
    const { events, world } = await run(setting, { operator: ['yes'] });
    const { card, expiresAt } = only(events, 'confirmation.asked');
    expect(card).toMatchObject({
      title: 'Remove the pod',
      risk: 'destructive',
      target: { name: 'vault-2', proven: ['uid uid-1', 'on k8s-node2'] },
      commands: [{ where: 'here', line: 'fake delete' }],
      breaks: { counts: [{ what: 'endpoint', count: 1, names: [] }], unknown: [] },
      guards: [
        { name: 'quorum', verdict: 'holds', because: 'enough' },
        { name: 'maintenance', verdict: 'holds', because: 'none' },
      ],
      evidence: { because: 'silent', limitMs: 60_000 },
      proof: 'another uid, within 30 s',
      skippable: true,
    });
    expect(Date.parse(expiresAt)).toBe(Date.parse(card.evidence.seenAt) + 60_000);
    expect(world.cards).toEqual([card]);
  });

  test('runs exactly what it showed, with the identity before on record', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    const [shown] = only(events, 'confirmation.asked').card.commands;
    const intent = only(events, 'intent.written');
    const started = ofType(events, 'command.started').filter((it) => it.purpose === 'act');
    expect(intent).toMatchObject({
      argv: shown?.line,
      does: 'mutates',
      target: 'vault-2',
      before: { pod: 'uid-1' },
    });
    expect(started.map((it) => it.argv)).toEqual([shown?.line]);
    expect(only(events, 'effect.judged')).toMatchObject({
      before: { pod: 'uid-1' },
      after: { pod: 'uid-2' },
    });
  });
});

describe('the journal', () => {
  test('has the intent before the command leaves', async () => {
    const { world } = await run(setting, { operator: ['yes'] });
    const leaves = world.log.indexOf('ran delete');
    expect(world.log.slice(leaves - 2, leaves)).toEqual([
      'kept intent.written',
      'kept command.started',
    ]);
    expect(world.ran.filter((it) => it === 'delete')).toHaveLength(1);
  });

  test('numbers its events without gaps, in the order of time', async () => {
    const { events } = await run(setting, { operator: ['yes'] });
    expect(events.map((it) => it.seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.map((it) => it.at)).toEqual(events.map((it) => it.at).toSorted());
    expect(new Set(events.map((it) => it.run))).toEqual(new Set(['run-1']));
  });

  test('that cannot be kept stops the run before anything else is done', async () => {
    for (const type of ['intent.written', 'confirmation.answered', 'drift.judged'] as const) {
      const { world, error } = await runIntoFailure(setting, {
        operator: ['yes'],
        fails: (event) => event.type === type,
      });
      expect(error).toEqual(new Error('no space left on device'));
      expect(world.ran).not.toContain('delete');
      expect(world.events.map((it) => it.type)).not.toContain(type);
    }
  });

  test('that fails once keeps nothing more, and nothing more is run', async () => {
    const { world } = await runIntoFailure(setting, {
      fails: (event) => event.type === 'command.started' && event.key === '0/it',
    });
    expect(world.ran).toEqual(['pod', 'log']);
    expect(world.events.at(-1)).toMatchObject({ type: 'command.finished', purpose: 'capture' });
  });

  test('that fails after the command left ends the run there, and issues nothing more', async () => {
    const { world, error } = await runIntoFailure(setting, {
      operator: ['yes'],
      fails: (event) => event.type === 'command.finished' && event.purpose === 'act',
    });
    expect(error).toBeInstanceOf(Error);
    expect(world.ran.at(-1)).toBe('delete');
    expect(world.events.at(-1)).toMatchObject({ type: 'command.started', purpose: 'act' });
  });
});

test('a secret is gone before an event is kept, shown or folded', async () => {
  const { events, state } = await run(setting, {
    says: { log: 'token hvs.secret' },
    operator: ['no'],
    redact: (event) => JSON.parse(JSON.stringify(event).replaceAll('hvs.secret', '…')) as Event,
  });
  expect(JSON.stringify(events)).not.toContain('hvs.secret');
  expect(JSON.stringify(state)).not.toContain('hvs.secret');
  expect(JSON.stringify(events)).toContain('token …');
});
