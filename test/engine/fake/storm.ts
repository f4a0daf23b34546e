import * as fc from 'fast-check';
import { z } from 'zod';
import { Interrupted, NobodyToAsk } from '../../../src/engine/ports.ts';
import { runbook } from '../../../src/runbook/runbook.ts';
import type { Runbook } from '../../../src/runbook/runbook.ts';
import type { Edge, Step } from '../../../src/runbook/step.ts';
import { failed, hung, intrudes, lost, printed, reads, refused } from './commands.ts';
import { removal } from './removal.ts';
import type { Setting } from './run.ts';
import type { Says, Script, Word } from './world.ts';

/** A runbook with loops, canaries, work by hand and an action in a called runbook; and a world in which anything may happen. */
const extra = runbook({
  id: 'extra',
  title: '',
  version: 1,
  params: z.object({}),
  facts: {},
})
  .steps((step) => ({
    soak: step.probe({
      title: 'Does it stay so?',
      next: { well: { to: 'ask' }, ill: { to: 'hand' }, late: { to: 'ask' } },
      watch: () => ({ every: '10s', within: '30s', late: 'late' }),
      observe: ({ now, visit }) => ({
        pod: reads('pod'),
        canary: {
          ...intrudes('canary'),
          run: { kind: 'argv', argv: ['fake', 'canary', `${visit}-${now}`] },
        },
      }),
      conclude: ({ pod, canary }, { to, wait, samples }) => {
        if (!canary.ok) return wait(canary.says);
        return samples.length > 1 && pod.ok ? to.well('it does') : to.ill('it does not');
      },
    }),
    hand: step.manual({
      title: 'Do it by hand',
      next: { done: { to: 'end' }, declined: { to: 'end' } },
      instructions: () => ['Do it.'],
      verify: {
        observe: () => ({ pod: reads('pod'), canary: intrudes('canary') }),
        judge: ({ pod }) => ({ verdict: pod.ok ? 'holds' : 'unknown', because: 'looked' }),
      },
    }),
    ask: step.choice({
      title: 'Again?',
      next: { no: { to: 'end' }, skip: { to: 'hand' } },
      question: () => 'Again?',
      options: { no: 'No', skip: 'By hand' },
    }),
    end: step.end({ title: 'End', result: 'resolved', left: () => [] }),
  }))
  .startingAt('soak');

const leading = (step: Step | undefined, next: Readonly<Record<string, Edge>>): Step =>
  ({ ...step, next: { ...step?.next, ...next } }) as Step;

const inner: Runbook = {
  ...removal,
  id: 'inner',
  steps: {
    ...extra.steps,
    ...removal.steps,
    remove: leading(removal.steps['remove'], {
      confirmed: { to: 'soak' },
      refuted: { to: 'remove', atMost: 2, then: 'hand' },
      drifted: { to: 'look', atMost: 2, then: 'left' },
      doubtful: { to: 'look', atMost: 2, then: 'left' },
    }),
  },
};

const outer: Runbook = runbook({
  id: 'outer',
  title: 'Outer',
  version: 1,
  params: z.object({}),
  facts: {},
})
  .steps((step) => ({
    call: step.call({
      title: 'Call the other',
      runbook: 'inner',
      with: () => ({}),
      next: {
        resolved: { to: 'end' },
        'not-this-incident': { to: 'call', atMost: 1, then: 'end' },
        escalate: { to: 'end' },
        unsafe: { to: 'end' },
        aborted: { to: 'end' },
      },
    }),
    end: step.end({ title: 'End', result: 'resolved', left: () => [] }),
  }))
  .startingAt('call');

export interface Storm {
  readonly nested: boolean;
  /** Whatever is left to chance, in order, and then again from the beginning. */
  readonly dice: readonly number[];
  /** After so many events: Ctrl-C, or the tool dies. */
  readonly presses: readonly number[];
  readonly crashes: readonly number[];
}

export const storms: fc.Arbitrary<Storm> = fc.record({
  nested: fc.boolean(),
  dice: fc.array(fc.nat(999), { minLength: 5, maxLength: 60 }),
  presses: fc.array(fc.integer({ min: 2, max: 70 }), { maxLength: 2 }),
  crashes: fc.array(fc.integer({ min: 2, max: 60 }), { maxLength: 2 }),
});

export const settingOf = ({ nested }: Storm): Setting => ({
  books: nested ? [outer, inner] : [inner],
  says: {},
});

const throwing = (error: Error) => (): never => {
  throw error;
};

/** What the operator may say, the likelier the more often; whatever does not fit a question is taken there as it comes. */
const WORDS: readonly Word[] = [
  ...Array<Word>(5).fill('yes'),
  ...Array<Word>(4).fill(({ events }) =>
    events.at(-1)?.type === 'operator.asked' ? 'examine' : 'yes',
  ),
  'no',
  'skip',
  'expired',
  'expired',
  'done',
  'probe',
  'by-hand',
  { answer: 'yes', byHand: true },
  (world) => {
    world.now += 120_000;
    return 'yes';
  },
  'abort',
  throwing(new Interrupted('Ctrl-C')),
  throwing(new NobodyToAsk('nobody')),
];

/** So many prompts are answered by chance; then the operator has had enough. */
const PATIENCE = 15;

/** One world for one life of the tool; `life` shifts the dice, so that a resumed run meets another one. */
export function scriptOf({ dice, presses, crashes }: Storm, life: number): Script {
  let thrown = life * 7;
  const pick = <T>(choices: readonly T[]): T => {
    const die = dice[thrown % dice.length] ?? 0;
    thrown += 1;
    const it = choices[die % choices.length];
    if (it === undefined) throw new Error('nothing to pick from');
    return it;
  };
  const among =
    (...replies: readonly (string | ReturnType<typeof printed>)[]): Says =>
    () =>
      pick(replies);
  const crash = crashes[life];
  let kept = 0;
  return {
    says: {
      pod: among('uid-1', 'uid-1', 'uid-1', 'uid-2', 'uid-2', 'protected', hung, failed),
      log: among('lines', hung),
      votes: among(...Array<string>(40).fill('enough'), 'too few', hung),
      upgrades: among(...Array<string>(40).fill('none'), 'one'),
      endpoints: among('1', failed),
      signal: among(...Array<string>(40).fill('silent'), 'answers', hung),
      delete: among('deleted', 'deleted', failed, hung, lost, refused),
      canary: among('written', hung),
    },
    operator: Array.from({ length: PATIENCE + 1 }, (_, i) =>
      i < PATIENCE ? pick(WORDS) : 'abort',
    ),
    when: (event, world) => {
      kept += 1;
      // What was harmed may fall silent: then nobody can tell what came of it.
      const harms = event.type === 'intent.written' && event.does === 'mutates';
      if (harms && pick([true, false, false])) world.says['pod'] = hung;
      if (life === 0) for (const at of presses) if (at === kept) world.press();
    },
    fails: () => crash !== undefined && kept >= crash,
  };
}
