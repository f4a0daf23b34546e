import { z } from 'zod';
import { unparsable, value } from '../../src/runbook/command.ts';
import type { Command, Does } from '../../src/runbook/command.ts';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Action, Edge, Step } from '../../src/runbook/step.ts';

/** A command that prints one word. */
export function command(
  word: string,
  does: Does = 'reads',
  other: Partial<Command<string>> = {},
): Command<string> {
  return {
    kind: 'command',
    id: `sample.${word}`,
    about: `sample ${word}`,
    where: { on: 'local' },
    does,
    run: { kind: 'argv', argv: ['sample', word] },
    deadlineMs: 1000,
    read: ({ stdout }) => (stdout === '' ? unparsable('nothing was printed') : value(stdout)),
    ...other,
  };
}

const book = runbook({
  id: 'sample',
  title: 'Sample',
  version: 1,
  params: z.object({ namespace: z.string().default('vault') }),
  facts: { leader: z.string(), fence: z.string() },
});

/** A sound runbook with one step of each kind but a call: look, act, pick, work by hand, end. */
export const sound: Runbook = book
  .steps((step) => ({
    look: step.probe({
      title: 'Who leads?',
      next: {
        found: { to: 'act', gives: ['leader', 'fence'] },
        late: { to: 'pick' },
      },
      expect: 'found',
      watch: () => ({ every: '5s', within: '60s', late: 'late' }),
      observe: ({ params }) => ({ leader: command(`leader-${params.namespace}`) }),
      conclude: ({ leader }, { to, wait }) =>
        leader.ok
          ? to.found('it says so', { leader: leader.value, fence: 'dead' })
          : wait('not yet'),
    }),
    act: step.action({
      title: 'Remove the leader',
      risk: 'destructive',
      needs: ['leader'],
      next: {
        confirmed: { to: 'end' },
        refuted: { to: 'act', atMost: 2, then: 'pick' },
        declined: { to: 'pick' },
        blocked: { to: 'pick' },
        drifted: { to: 'pick' },
      },
      target: ({ facts }) => ({ name: facts.leader, kind: 'pod', proven: ['uid 1', 'on node 1'] }),
      guards: () => [],
      blastRadius: { observe: () => ({}), measure: () => ({ counts: [], unknown: [] }) },
      drift: {
        freshWithin: '60s',
        observe: () => ({ signal: command('signal') }),
        judge: () => ({ drift: 'same', because: 'still so' }),
      },
      commands: ({ facts }) => [command(`remove-${facts.leader}`, 'mutates')],
      effect: {
        proof: 'another uid',
        every: '5s',
        within: '90s',
        identity: () => ({ uid: command('uid') }),
        judge: () => ({ effect: 'confirmed', because: 'another uid' }),
      },
      undo: 'none',
    }),
    pick: step.choice({
      title: 'Which way?',
      next: { hand: { to: 'hand' }, stop: { to: 'end' } },
      question: () => 'Which way?',
      options: { hand: 'By hand', stop: 'Not at all' },
    }),
    hand: step.manual({
      title: 'Remove it by hand',
      next: { done: { to: 'end' }, declined: { to: 'end' } },
      instructions: () => ['Remove it.'],
      verify: {
        observe: () => ({ uid: command('uid') }),
        judge: () => ({ verdict: 'holds', because: 'gone' }),
      },
    }),
    end: step.end({ title: 'Done', result: 'resolved', left: () => [] }),
  }))
  .startingAt('look');

/** The sample with one step changed behind the compiler's back, or added. */
export function withStep(id: string, change: Readonly<Record<string, unknown>>): Runbook {
  const step = { ...sound.steps[id], ...change } as unknown as Step;
  return { ...sound, steps: { ...sound.steps, [id]: step } };
}

/** The sample with one edge changed or added; an outcome is removed by `undefined`. */
export function withEdge(id: string, outcome: string, edge: Edge | undefined): Runbook {
  const { [outcome]: _gone, ...others } = sound.steps[id]?.next ?? {};
  return withStep(id, { next: edge === undefined ? others : { ...others, [outcome]: edge } });
}

export function stepOf(it: Runbook, id: string): Step {
  const step = it.steps[id];
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
}

/** The sample's action, for changes. */
export const act = stepOf(sound, 'act') as Action;
