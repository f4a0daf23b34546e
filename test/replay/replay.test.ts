import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.ts';
import type { Locks } from '../../src/engine/ports.ts';
import { eventRedactor } from '../../src/journal/redact.ts';
import { replay } from '../../src/replay/replay.ts';
import { guard } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Action, Probe, Step } from '../../src/runbook/step.ts';
import { mutates, reads } from '../engine/fake/commands.ts';
import { podThen, removal, setting, withAction } from '../engine/fake/removal.ts';
import { libraryOf, run } from '../engine/fake/run.ts';
import { chooseRunbook } from '../../src/cli/choose-runbook.ts';
import { scenarios } from '../../src/lab/index.ts';
import { rehearse } from '../runbooks/rehearsal.ts';

const recorded = async (): Promise<readonly Event[]> =>
  (await run(setting, { operator: ['yes'] })).events;

/** The recorded run, beside the same runbook with one step changed. */
async function beside(steps: Readonly<Record<string, Step | undefined>>) {
  const all = Object.entries({ ...removal.steps, ...steps });
  const changed = Object.fromEntries(all.filter(([, step]) => step !== undefined));
  return replay(libraryOf([{ ...removal, steps: changed } as Runbook]), await recorded());
}

const probe = removal.steps['look'] as Probe;
const action = removal.steps['remove'] as Action;

describe('a run beside the runbook that made it', () => {
  test('goes the same way, to its last event', async () => {
    const events = await recorded();
    const found = replay(libraryOf([removal]), events);
    // All but the start come from decisions.
    expect(found).toEqual({ compared: events.length - 1, otherwise: [], unreached: 0 });
  });

  test.for(scenarios.map((it) => [it.id, it.runbook] as const))(
    'on %s goes the same way',
    async ([id, runbook]) => {
      const { book, library } = await chooseRunbook(runbook);
      const redact = eventRedactor([]);
      const { events } = await rehearse(book, id, { set: { soak: '1m' } });
      const found = replay(library, events.map(redact));
      expect(found.departs).toBeUndefined();
      expect(found.otherwise).toEqual([]);
      expect(found.compared).toBeGreaterThan(5);
    },
  );

  test('as a plan goes the same way', async () => {
    const { book, library } = await chooseRunbook('kernel-nfs-reset');
    const { events } = await rehearse(book, 'kernel-nfs-reset', { mode: 'plan' });
    expect(replay(library, events)).toMatchObject({ otherwise: [], unreached: 0 });
  });

  test('goes the same way as far as any beginning of it reaches', async () => {
    const whole = [
      await recorded(),
      (await run(setting, { says: { pod: 'uid-1' }, operator: ['yes', 'yes'] })).events,
      (await run(setting, { operator: ['expired', 'yes'], pressAt: 7000 })).events,
    ];
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), (events, cut) => {
        const found = replay(libraryOf([removal]), events.slice(0, cut % (events.length + 1)));
        expect(found.departs).toBeUndefined();
        expect(found.otherwise).toEqual([]);
      }),
    );
  });

  test.for([
    ['of a run that had no lock for its action', ['taken']],
    ['of a run that lost its lock after the yes', ['renewed']],
    ['of a run that lost its lock between two deeds', ['renewed-twice']],
  ] as const)('%s goes the same way: the loop ended it, not the runbook', async ([, [when]]) => {
    let renewals = 0;
    const words = { words: [] };
    const refused = { words: [], refusal: 'another run has it' };
    const locks: Locks = {
      take: async () => (when === 'taken' ? refused : words),
      renew: async () => {
        renewals += 1;
        return renewals >= (when === 'renewed-twice' ? 2 : 1) ? refused : words;
      },
      release: async () => words,
    };
    const two = withAction({ commands: () => [mutates('cordon'), mutates('delete')] });
    const { events } = await run(two, { says: { cordon: 'done' }, operator: ['yes'], locks });
    const end = when === 'renewed-twice' ? 'in-doubt' : 'locked';
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', result: end });
    expect(replay(libraryOf(two.books), events)).toMatchObject({ otherwise: [], unreached: 0 });
    expect(replay(libraryOf(two.books), events).departs).toBeUndefined();
  });

  test('knows a secret that was taken out of what it said', async () => {
    const secret = 'hvs.CAESIJ0123456789abcdefghij';
    const { events } = await run(
      { ...setting, says: { ...setting.says, pod: podThen(secret) } },
      { operator: ['yes'] },
    );
    const redacted = events.map(eventRedactor([]));
    expect(JSON.stringify(redacted)).toContain('‹redacted:');
    expect(replay(libraryOf([removal]), redacted)).toMatchObject({ otherwise: [], unreached: 0 });
  });
});

describe('a run beside a changed runbook', () => {
  test('whose probe concludes something else departs there, and the rest is not compared', async () => {
    const events = await recorded();
    const look: Probe = {
      ...probe,
      conclude: () => ({
        kind: 'concluded',
        outcome: 'gone',
        because: 'it was deleted before',
        facts: {},
      }),
    };
    const found = await beside({ look });
    const at = events.findIndex((it) => it.type === 'step.concluded');
    expect(found.departs).toMatchObject({
      seq: at + 1,
      step: 'Which pod is it?',
      recorded: "found, on to 'remove': it is there",
      today: "gone, on to 'nothing': it was deleted before",
      differs: ['outcome: "found" is now "gone"', 'to: "remove" is now "nothing"'],
    });
    expect(found.unreached).toBe(events.length - at - 1);
  });

  test('whose edge leads elsewhere departs', async () => {
    const found = await beside({
      remove: { ...action, next: { ...action.next, confirmed: { to: 'left' } } },
    });
    expect(found.departs?.differs).toEqual(['to: "done" is now "left"']);
  });

  test('with one guard more departs before the confirmation: nobody knows what it would say', async () => {
    const found = await beside({
      remove: {
        ...action,
        guards: (ctx) => [
          ...action.guards(ctx),
          guard({
            name: 'lease',
            observe: { it: reads('lease') },
            judge: () => ({ verdict: 'holds', because: 'free' }),
          }),
        ],
      },
    });
    expect(found.departs).toMatchObject({ step: 'Remove the pod' });
    expect(found.departs?.today).toContain('runs `fake lease`');
  });

  test('with a stricter guard departs at its verdict', async () => {
    const found = await beside({
      remove: {
        ...action,
        guards: () => [
          guard({
            name: 'quorum',
            observe: { it: reads('votes') },
            judge: () => ({ verdict: 'fails', because: 'one vote is not enough' }),
          }),
          guard({
            name: 'maintenance',
            observe: { it: reads('upgrades') },
            judge: () => ({ verdict: 'holds', because: 'none' }),
          }),
        ],
      },
    });
    expect(found.departs).toMatchObject({
      recorded: "guard 'quorum': holds: enough",
      today: "guard 'quorum': fails: one vote is not enough",
    });
  });

  test('that sends another command departs where it is shown, before it is sent', async () => {
    const found = await beside({
      remove: { ...action, commands: () => [mutates('destroy')] },
    });
    expect(found.departs).toMatchObject({
      recorded: "asks to confirm 'Remove the pod' on vault-2",
      differs: ['card › commands › [0] › line: "fake delete" is now "fake destroy"'],
    });
  });

  test('with other words goes the same way, and the words are told', async () => {
    const found = await beside({ look: { ...probe, title: 'Which pod is meant?' } });
    expect(found.departs).toBeUndefined();
    expect(found.otherwise).toHaveLength(1);
    expect(found.otherwise[0]).toMatchObject({
      differs: ['title: "Which pod is it?" is now "Which pod is meant?"'],
    });
  });

  test('whose commands throw departs, and does not throw', async () => {
    const found = await beside({
      remove: {
        ...action,
        commands: () => {
          throw new Error('no such pod');
        },
      },
    });
    expect(found.departs?.today).toBe('cannot go on: no such pod');
  });

  test('without the step departs, and says what is missing', async () => {
    const found = await beside({ remove: undefined });
    expect(found.departs?.today).toBe("cannot go on: removal has no step 'remove'");
  });

  test('that throws departs, and does not throw', async () => {
    const found = await beside({
      look: {
        ...probe,
        conclude: () => {
          throw new Error('no such field');
        },
      },
    });
    expect(found.departs?.today).toBe('cannot go on: no such field');
  });

  test('that waits longer for an effect still goes the same way, and the times are told', async () => {
    const slow = { ...setting, says: { ...setting.says, pod: podThen('uid-1', 'uid-1', 'uid-2') } };
    const { events } = await run(slow, { operator: ['yes'] });
    const patient = withAction({ effect: { ...action.effect, within: '60s' } });
    expect(replay(libraryOf(patient.books), events).departs).toBeUndefined();
    const hasty = withAction({ effect: { ...action.effect, every: '20s' } });
    const found = replay(libraryOf(hasty.books), events);
    expect(found.departs).toBeUndefined();
    expect(found.otherwise[0]?.differs.join()).toMatch(/^until: /);
  });
});
