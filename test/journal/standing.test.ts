import { expect, test } from 'vitest';
import type { Event, Happening } from '../../src/engine/events.ts';
import { standingOf } from '../../src/journal/standing.ts';
import { started } from './samples.ts';

const at = { step: 'remove', visit: 1, depth: 0 } as const;
const entered: Happening = { type: 'step.entered', ...at, kind: 'action', title: 'Remove it' };
const intent = (visit = 1): Happening => ({
  type: 'intent.written',
  ...at,
  visit,
  command: 'kubectl.delete-pod',
  key: 'commands[0]',
  argv: 'kubectl delete',
  where: 'local',
  does: 'mutates',
  purpose: 'act',
  sample: 0,
  about: 'delete pod vault/vault-2',
  target: 'vault-2',
  before: {},
});
const judged = (effect: 'confirmed' | 'unknown'): Happening => ({
  type: 'effect.judged',
  ...at,
  effect,
  because: '',
  before: {},
  after: {},
  leaves: [],
});
const concluded = (outcome: string, to: string): Happening => ({
  type: 'step.concluded',
  ...at,
  outcome,
  because: '',
  facts: {},
  seenAt: '2026-11-22T03:00:00.000Z',
  to,
});
const finished = (result: 'resolved' | 'aborted' | 'in-doubt', exitCode: number): Happening => ({
  type: 'run.finished',
  result,
  because: '',
  left: [],
  followUps: [],
  exitCode,
});
const resumed: Happening = { type: 'run.resumed', operator: 'ops', host: 'laptop' };

const events = (...list: readonly Happening[]): readonly Event[] =>
  list.map((it, i) => ({
    ...it,
    run: '01K9VJ8Q2M7R4T6W8Y0A2C4E6G',
    seq: i + 1,
    at: `2026-11-22T03:00:0${i}.000Z`,
  }));

test.for([
  ['open', [started, entered]],
  ['paused', [started, entered, finished('aborted', 4)]],
  ['open', [started, entered, finished('aborted', 4), resumed]],
  ['finished', [started, entered, finished('aborted', 4), resumed, finished('resolved', 0)]],
] as const)('is %s', ([is, list]) => {
  expect(standingOf(events(...list)).is).toBe(is);
});

test.for([
  ['after its intent', [started, entered, intent()]],
  ['while nobody can tell', [started, entered, intent(), judged('unknown')]],
] as const)('a command is in doubt %s', ([, list]) => {
  expect(standingOf(events(...list)).doubt).toEqual(['delete pod vault/vault-2 (at 03:00:02 UTC)']);
});

test.for([
  ['its effect was proven', [started, entered, intent(), judged('confirmed')]],
  ['its visit was left', [started, entered, intent(), concluded('doubtful', 'look')]],
] as const)('and no longer once %s', ([, list]) => {
  expect(standingOf(events(...list)).doubt).toEqual([]);
});

test('another visit of the same step does not settle it', () => {
  const list = events(started, entered, intent(2), judged('confirmed'));
  expect(standingOf(list).doubt).toHaveLength(1);
});

test('the next step is the one under way, or where the last one leads, by its title where it is known', () => {
  expect(standingOf(events(started, entered)).next).toEqual({
    step: 'remove',
    title: 'Remove it',
    depth: 0,
  });
  const on = (to: string) => standingOf(events(started, entered, concluded('refuted', to))).next;
  expect(on('settle')).toEqual({ step: 'settle', depth: 0 });
  expect(on('remove')).toEqual({ step: 'remove', title: 'Remove it', depth: 0 });
  expect(standingOf(events(started)).next).toBeUndefined();
});
