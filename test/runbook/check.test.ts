import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { checkRunbook } from '../../src/runbook/check/check.ts';
import { commandsOfStep, defaultsOf } from '../../src/runbook/step-commands.ts';
import { sayFault } from '../../src/runbook/check/fault.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import { guard } from '../../src/runbook/runbook.ts';
import { act, command, sound, stepOf, withEdge, withStep } from './sample.ts';

interface Faulty {
  readonly title: string;
  readonly book: Runbook;
  readonly step: string;
  readonly wrong: string;
  readonly fix: string;
}

const faulty = (
  title: string,
  book: Runbook,
  [step, wrong, fix]: readonly [step: string, wrong: string, fix: string],
): Faulty => ({ title, book, step, wrong, fix });

const withParts = (change: object): Runbook => withStep('act', { ...act, ...change });
const forced = (change: object): Runbook =>
  withParts({ commands: () => [command('force', 'mutates', { forces: true })], ...change });

const WHAT_THE_COMPILER_REJECTS: readonly Faulty[] = [
  faulty('a start that does not exist', { ...sound, start: 'zz' }, [
    'zz',
    'starts at a step that does not exist',
    'Start at one of: look, act, pick, hand, end.',
  ]),
  faulty('an edge to a missing step', withEdge('look', 'found', { to: 'bee' }), [
    'look',
    "outcome 'found' leads to 'bee', which does not exist",
    'Lead it to one of: look, act',
  ]),
  faulty(
    'an edge whose `then` is a missing step',
    withEdge('act', 'refuted', { to: 'act', atMost: 2, then: 'bee' }),
    ['act', "outcome 'refuted' leads to 'bee'", 'Lead it to one of'],
  ),
  faulty('an action without a drifted edge', withEdge('act', 'drifted', undefined), [
    'act',
    "outcome 'drifted' has no edge",
    'Add next.drifted.',
  ]),
  faulty('an action without a blocked edge', withEdge('act', 'blocked', undefined), [
    'act',
    "outcome 'blocked' has no edge",
    'Add next.blocked.',
  ]),
  faulty('manual work that cannot be declined', withEdge('hand', 'declined', undefined), [
    'hand',
    "outcome 'declined' has no edge",
    'Add next.declined.',
  ]),
  faulty('an action without an effect', withParts({ effect: undefined }), [
    'act',
    'the action has no effect',
    'Say by which identity its work is proven.',
  ]),
  faulty('a fact that is read and not declared', withStep('pick', { needs: ['nose'] }), [
    'pick',
    "it reads the fact 'nose', which the runbook does not declare",
    "Declare 'nose' in facts.",
  ]),
  faulty('a fact that may be used and is not declared', withStep('pick', { mayUse: ['nose'] }), [
    'pick',
    "it reads the fact 'nose'",
    "Declare 'nose' in facts.",
  ]),
  faulty(
    'a fact that is given and not declared',
    withEdge('look', 'late', { to: 'pick', gives: ['nose'] }),
    [
      'look',
      "outcome 'late' gives the fact 'nose', which the runbook does not declare",
      "Declare 'nose' in facts.",
    ],
  ),
  faulty(
    'a fact that is given by something else than a probe',
    withEdge('pick', 'stop', { to: 'end', gives: ['leader'] }),
    ['pick', "outcome 'stop' gives facts, and only probes can", 'Find the fact in a probe.'],
  ),
  faulty('a fact that some path does not give', withEdge('look', 'late', { to: 'act' }), [
    'act',
    "it needs 'leader', which not every path to it gives",
    "Give 'leader' on every path",
  ]),
  faulty(
    'a fact that is missing behind the `then` of a bounded edge',
    withEdge('look', 'late', { to: 'pick', atMost: 2, then: 'act' }),
    ['act', "it needs 'leader', which not every path to it gives", "Give 'leader' on every path"],
  ),
  faulty('a step that no path reaches', withStep('lost', { ...sound.steps['end'] }), [
    'lost',
    'no path leads to it',
    'Lead an edge to it, or remove it.',
  ]),
  faulty(
    'a late outcome that is not an edge',
    withStep('look', { watch: () => ({ every: '5s', within: '60s', late: 'tired' }) }),
    ['look', "the late outcome 'tired' has no edge", 'Name one of: found, late.'],
  ),
  faulty(
    'a late outcome that would have to give facts',
    withStep('look', { watch: () => ({ every: '5s', within: '60s', late: 'found' }) }),
    [
      'look',
      "the late outcome 'found' gives facts, and nothing was found",
      'Let late be an outcome that gives none.',
    ],
  ),
  faulty('an expected outcome that is not one', withStep('look', { expect: 'fine' }), [
    'look',
    "the expected outcome 'fine' has no edge",
    'Name one of: found, late.',
  ]),
  faulty('an outcome that is no option', withStep('pick', { options: { hand: 'By hand' } }), [
    'pick',
    "outcome 'stop' is no option",
    'Add options.stop',
  ]),
];

const WHAT_TYPES_CANNOT_SAY: readonly Faulty[] = [
  faulty('a step without a title', withStep('pick', { title: ' ' }), [
    'pick',
    'it has no title',
    'Say what it asks or does.',
  ]),
  faulty('a step without an outcome', withStep('pick', { next: {}, options: {} }), [
    'pick',
    'it has no outcome',
    'Give it at least one edge in next.',
  ]),
  faulty(
    'an option without an edge',
    withStep('pick', { options: { hand: '', stop: '', no: '' } }),
    ['pick', "option 'no' has no edge", 'Add next.no.'],
  ),
  faulty('an outcome that can never happen', withEdge('act', 'skiped', { to: 'end' }), [
    'act',
    "outcome 'skiped' can never happen",
    'Name one of: confirmed, refuted, declined, blocked, drifted, skipped, doubtful.',
  ]),
  faulty(
    'a doubt that leads to something else than a look',
    withEdge('act', 'doubtful', { to: 'end' }),
    [
      'act',
      "outcome 'doubtful' leads to 'end', which is no probe",
      'Lead it to a probe that finds out what the action did.',
    ],
  ),
  faulty('an end with an edge', withEdge('end', 'on', { to: 'look', atMost: 1, then: 'end' }), [
    'end',
    "outcome 'on' can never happen",
    'an end is the end',
  ]),
  faulty(
    'a step that cannot reach an end',
    withEdge('hand', 'done', { to: 'hand', atMost: 1, then: 'hand' }),
    ['hand', 'it lies on a loop without a bound', 'Give one edge of the loop atMost and then.'],
  ),
  faulty('a loop without a bound', withEdge('act', 'drifted', { to: 'look' }), [
    'look',
    'it lies on a loop without a bound',
    'Give one edge of the loop atMost and then.',
  ]),
  faulty(
    'a loop that goes on through the `then` of its bound',
    withEdge('act', 'refuted', { to: 'end', atMost: 2, then: 'look' }),
    ['act', 'it lies on a loop without a bound', 'Give one edge of the loop atMost and then.'],
  ),
  faulty('a bound without a way on', withEdge('act', 'refuted', { to: 'act', atMost: 2 }), [
    'act',
    "outcome 'refuted' has a bound and no way on, or the reverse",
    'Give both atMost and then.',
  ]),
  faulty('a way on without a bound', withEdge('act', 'refuted', { to: 'end', then: 'pick' }), [
    'act',
    "outcome 'refuted' has a bound and no way on, or the reverse",
    'Give both atMost and then.',
  ]),
  faulty(
    'a bound that is no number of times',
    withEdge('act', 'refuted', { to: 'act', atMost: 0, then: 'pick' }),
    ['act', "outcome 'refuted' may be taken 0 times", 'Give atMost a whole number from 1.'],
  ),
  faulty(
    'a command without a deadline',
    withStep('look', { observe: () => ({ leader: command('x', 'reads', { deadlineMs: 0 }) }) }),
    ['look', "the command 'leader' has no deadline", 'Give it deadlineMs above 0.'],
  ),
  faulty(
    'a command whose deadline never comes',
    withParts({
      commands: () => [command('x', 'mutates', { deadlineMs: Number.POSITIVE_INFINITY })],
    }),
    ['act', "the command 'commands[0]' has no deadline", 'Give it deadlineMs above 0.'],
  ),
  faulty(
    'a watch that looks again at once',
    withStep('look', { watch: () => ({ every: '0s', within: '60s', late: 'late' }) }),
    ['look', "watch.every is '0s'", 'Give a length of time above 0'],
  ),
  faulty(
    'an effect whose time cannot be read',
    withParts({ effect: { ...act.effect, within: 'soon' } }),
    ['act', "effect.within is 'soon'", 'Give a length of time above 0'],
  ),
  faulty(
    'evidence that is never fresh',
    withParts({ drift: { ...act.drift, freshWithin: '0ms' } }),
    ['act', "drift.freshWithin is '0ms'", 'Give a length of time above 0'],
  ),
  faulty(
    'a probe that changes the world',
    withStep('look', { observe: () => ({ leader: command('delete', 'mutates') }) }),
    [
      'look',
      "'leader' changes the world and is not among the action's commands",
      'Move it into an action.',
    ],
  ),
  faulty(
    'a probe that changes the world and calls it `commands`',
    withStep('look', { observe: () => ({ commands: command('delete', 'mutates') }) }),
    ['look', "'commands' changes the world", 'Move it into an action.'],
  ),
  faulty(
    'a guard that changes the world',
    withParts({
      guards: () => [
        guard({
          name: 'quorum',
          observe: { votes: [command('delete', 'mutates')] },
          judge: () => ({ verdict: 'holds', because: '' }),
        }),
      ],
    }),
    ['act', "'votes[0]' changes the world", 'Move it into an action.'],
  ),
  faulty(
    'a verification that changes the world',
    withStep('hand', {
      verify: { observe: () => ({ uid: command('delete', 'mutates') }), judge: () => undefined },
    }),
    ['hand', "'uid' changes the world", 'Move it into an action.'],
  ),
  faulty(
    'an action whose command changes nothing',
    withParts({ commands: () => [command('uid')] }),
    ['act', "'commands[0]' is among the action's commands and changes nothing", "does: 'mutates'"],
  ),
  faulty(
    'an effect that no command proves',
    withParts({ effect: { ...act.effect, identity: () => ({}) } }),
    [
      'act',
      'no command reads the identity that proves its effect',
      'Name at least one in effect.identity.',
    ],
  ),
  faulty('a forced delete without a fence', forced({}), [
    'act',
    'it deletes by force without a fence',
    'Name in fencedBy the fact that proves the old process dead',
  ]),
  faulty(
    'a forced delete in a probe',
    withStep('look', {
      observe: () => ({ leader: command('force', 'mutates', { forces: true }) }),
    }),
    ['look', 'it deletes by force without a fence', 'Name in fencedBy'],
  ),
  faulty('a fence that the action does not need', forced({ fencedBy: 'fence' }), [
    'act',
    "its fence 'fence' is not among the facts it needs",
    "Add 'fence' to needs.",
  ]),
  faulty(
    'a fence that no probe gives',
    {
      ...forced({ fencedBy: 'fence', needs: ['leader', 'fence'] }),
      steps: {
        ...forced({ fencedBy: 'fence', needs: ['leader', 'fence'] }).steps,
        look: stepOf(withEdge('look', 'found', { to: 'act', gives: ['leader'] }), 'look'),
      },
    },
    ['act', "no probe gives its fence 'fence'", 'Prove the old process dead in a probe first.'],
  ),
  faulty(
    'commands that cannot be listed before a run',
    withParts({
      commands: () => {
        throw new Error('a fact was read as a number');
      },
    }),
    [
      'act',
      'its commands cannot be listed: a fact was read as a number',
      'they are not known yet at load',
    ],
  ),
  faulty(
    'a watch that cannot be read before a run',
    withStep('look', {
      watch: () => {
        throw new Error('a fact was read as a number');
      },
    }),
    [
      'look',
      'its watch cannot be read: a fact was read as a number',
      'they are not known yet at load',
    ],
  ),
];

function rejects({ book, step, wrong, fix }: Faulty): void {
  const sentences = checkRunbook(book).map(sayFault);
  const mine = sentences.filter((it) => it.startsWith(`sample, step '${step}': `));
  expect(sentences).toContainEqual(expect.stringContaining(wrong));
  const [said] = mine.filter((it) => it.includes(wrong));
  expect(said).toBeDefined();
  expect(said).toContain(fix);
}

test('a sound runbook has no fault', () => {
  expect(checkRunbook(sound)).toEqual([]);
});

describe('loading rejects again what the compiler rejects', () => {
  test.for(WHAT_THE_COMPILER_REJECTS)('$title', rejects);
});

describe('loading rejects what types cannot say', () => {
  test.for(WHAT_TYPES_CANNOT_SAY)('$title', rejects);
});

test('a step that goes round for ever cannot reach an end, and both is said', () => {
  const book = withStep('hand', {
    next: { done: { to: 'hand', atMost: 1, then: 'hand' }, declined: { to: 'hand' } },
  });
  expect(checkRunbook(book).map(sayFault)).toEqual(
    expect.arrayContaining([
      "sample, step 'hand': it cannot reach an end. Lead one of its outcomes towards an end.",
      expect.stringContaining("step 'hand': it lies on a loop without a bound"),
    ]),
  );
});

test('a forced delete behind a fence that a probe gives is sound', () => {
  expect(checkRunbook(forced({ fencedBy: 'fence', needs: ['leader', 'fence'] }))).toEqual([]);
});

test('a bounded loop is sound, and so is a step that only looks', () => {
  const book = withEdge('act', 'drifted', { to: 'look', atMost: 3, then: 'end' });
  expect(checkRunbook(book)).toEqual([]);
});

describe('the commands of a step', () => {
  test('are listed with what is not known yet as text', () => {
    const lines = commandsOfStep(act).map(({ key, command: { run }, acts }) => ({
      key,
      word: run.kind === 'argv' ? run.argv.join(' ') : '',
      acts: acts === true,
    }));
    expect(lines).toEqual([
      { key: 'signal', word: 'sample signal', acts: false },
      { key: 'uid', word: 'sample uid', acts: false },
      { key: 'commands[0]', word: 'sample remove-‹leader›', acts: true },
    ]);
  });

  test('take the parameters that a run has when nothing is set', () => {
    expect(defaultsOf(sound)).toEqual({ namespace: 'vault' });
    const needy = { ...sound, params: z.object({ namespace: z.string() }) };
    const { namespace } = defaultsOf(needy) as { readonly namespace: unknown };
    expect(String(namespace)).toBe('‹params.namespace›');
  });
});
