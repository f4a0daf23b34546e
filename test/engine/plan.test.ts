import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import { hung, reads } from './fake/commands.ts';
import { removal, setting as base, withAction } from './fake/removal.ts';
import { endOf, ofType, only, run, way } from './fake/run.ts';
import type { Run } from './fake/run.ts';

const setting = { ...base, mode: 'plan' } as const;

/** Whatever a plan does, it asks nobody and leaves the world alone. */
function leavesAlone({ events, world }: Run): void {
  expect(world.cards).toEqual([]);
  expect(world.questions).toEqual([]);
  expect(ofType(events, 'intent.written')).toEqual([]);
  expect(ofType(events, 'command.started').map((it) => it.does)).not.toContain('mutates');
  expect(ofType(events, 'command.started').map((it) => it.does)).not.toContain('intrusive');
  expect(only(events, 'run.finished')).toMatchObject({ result: 'planned', exitCode: 0 });
}

/** A longer way after the removal: another look, another action on what that look found. */
const longer: Runbook = {
  ...removal,
  steps: {
    ...removal.steps,
    ...runbook({
      id: 'removal',
      title: '',
      version: 1,
      params: z.object({}),
      facts: { uid: z.string(), replacement: z.object({ name: z.string() }) },
    })
      .steps((step) => ({
        done: step.probe({
          title: 'Is there a new one?',
          expect: 'new',
          next: { none: { to: 'end' }, new: { to: 'label', gives: ['replacement'] } },
          observe: () => ({ pod: reads('replacement') }),
          conclude: (_, { to }) => to.none('there is none'),
        }),
        label: step.action({
          title: 'Label the new pod',
          risk: 'reversible',
          needs: ['replacement'],
          next: {
            confirmed: { to: 'done', atMost: 5, then: 'end' },
            refuted: { to: 'end' },
            declined: { to: 'end' },
            blocked: { to: 'end' },
            drifted: { to: 'end' },
          },
          target: ({ facts: { replacement } }) => ({
            name: replacement.name,
            kind: 'pod',
            proven: [`named ${replacement.name}`, 'new'],
          }),
          guards: () => [],
          blastRadius: { observe: () => ({}), measure: () => ({ counts: [], unknown: [] }) },
          drift: {
            freshWithin: '60s',
            observe: () => ({ pod: reads('replacement') }),
            judge: () => ({ drift: 'same', because: '' }),
          },
          commands: ({ facts: { replacement } }) => [
            {
              ...reads('label'),
              does: 'mutates',
              run: { kind: 'argv', argv: ['fake', 'label', replacement.name] },
            },
          ],
          effect: {
            proof: 'the label reads back',
            every: '1s',
            within: '5s',
            identity: () => ({ pod: reads('replacement') }),
            judge: () => ({ effect: 'confirmed', because: '' }),
          },
          undo: 'none',
        }),
        end: step.end({ title: 'End', result: 'resolved', left: () => [] }),
      }))
      .startingAt('done').steps,
  },
  facts: { ...removal.facts, replacement: z.object({ name: z.string() }) },
};

describe('a plan', () => {
  test('looks for real, plans the first action, and predicts what follows', async () => {
    const it = await run(setting);
    leavesAlone(it);
    expect(
      ofType(it.events, 'step.concluded').map((e) => [e.step, e.outcome, e.predicted]),
    ).toEqual([
      ['look', 'found', undefined],
      ['remove', 'confirmed', true],
    ]);
    expect(endOf(it.events).because).toBe("predicted to end 'resolved': Removed");
  });

  test('shows the first action with everything a confirmation would show', async () => {
    const planned = await run(setting);
    const live = await run(base, { operator: ['no'] });
    const { card } = only(planned.events, 'action.planned');
    const asked = only(live.events, 'confirmation.asked').card;
    expect({ ...card, evidence: undefined }).toEqual({ ...asked, evidence: undefined });
    expect(card.evidence).toMatchObject({ because: 'silent', limitMs: 60_000 });
    expect(only(planned.events, 'action.planned').predicted).toBeUndefined();
  });

  test('samples the evidence once, and reads the identity before', async () => {
    const { events } = await run(setting);
    expect(ofType(events, 'drift.judged').map((it) => it.gate)).toEqual(['before']);
    expect(ofType(events, 'command.started').map((it) => it.purpose)).toContain('identity-before');
  });

  test('looks at nothing after the first action, and ends where it would go round', async () => {
    const it = await run({ ...setting, books: [longer] });
    leavesAlone(it);
    const from = it.events.findIndex((e) => e.type === 'action.planned');
    expect(ofType(it.events.slice(from), 'command.started')).toEqual([]);
    expect(ofType(it.events, 'step.entered').map((e) => [e.step, e.predicted])).toEqual([
      ['look', undefined],
      ['remove', undefined],
      ['done', true],
      ['label', true],
    ]);
    expect(endOf(it.events).because).toBe("predicted to come back to 'Is there a new one?'");
  });

  test('names what it does not know yet, as text', async () => {
    const { events } = await run({ ...setting, books: [longer] });
    const [, second] = ofType(events, 'action.planned');
    expect(second).toMatchObject({
      predicted: true,
      card: {
        target: { name: '‹replacement.name›', proven: ['named ‹replacement.name›', 'new'] },
        commands: [{ line: 'fake label ‹replacement.name›' }],
        guards: [],
        breaks: { unknown: ['nothing was measured'] },
        evidence: { because: 'not sampled: this step is predicted' },
      },
    });
  });

  test('is data, through and through', async () => {
    const { events } = await run({ ...setting, books: [longer] });
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });

  test('shows an action that a guard blocks, and follows that edge for real', async () => {
    const it = await run(setting, { says: { votes: 'too few' } });
    leavesAlone(it);
    expect(only(it.events, 'action.planned').card.guards[0]).toMatchObject({ verdict: 'fails' });
    expect(way(it.events)).toEqual(['look → found', 'remove → blocked']);
    expect(endOf(it.events).because).toBe("would end 'unsafe': Blocked");
  });

  test('follows the evidence where that has changed', async () => {
    const it = await run(setting, { says: { signal: 'answers' } });
    leavesAlone(it);
    expect(way(it.events)).toContain('remove → drifted');
  });

  test('goes the way the evidence picks', async () => {
    const it = await run(setting, { says: { pod: hung } });
    leavesAlone(it);
    expect(endOf(it.events).because).toBe("would end 'not-this-incident': Nothing to remove");
  });

  test('of many commands shows them all', async () => {
    const it = await run({
      ...withAction({ commands: () => [reads('a'), reads('b')] }),
      mode: 'plan',
    });
    leavesAlone(it);
    expect(only(it.events, 'action.planned').card.commands.map((c) => c.line)).toEqual([
      'fake a',
      'fake b',
    ]);
  });
});
