import { describe, expect, test } from 'vitest';
import type { Card, Question } from '../../src/engine/events.ts';
import { careful } from '../../src/terminal/careful.ts';
import { card } from './streams.ts';

const { signal } = new AbortController();
const at = { step: 'remove', visit: 1, depth: 0 };
const clock = { now: () => 1000 };

const confirm = (changed: Partial<Card> = {}, expiresAt = 2000) =>
  careful({ clock }).confirm({ ...card, ...changed }, expiresAt, signal, undefined, at);

describe('the careful operator confirms', () => {
  test('what every guard allows and two facts prove', async () => {
    expect(await confirm()).toEqual({ answer: 'yes', by: 'auto' });
  });

  test.each(['fails', 'unknown'] as const)('nothing where a guard says %s', async (verdict) => {
    const guards = [...card.guards, { name: 'self-harm', verdict, because: '' }];
    expect(await confirm({ guards })).toMatchObject({
      answer: 'no',
      note: 'self-harm does not hold',
    });
  });

  test('nothing where one fact is said twice', async () => {
    const target = { ...card.target, proven: ['uid 1', ' uid 1'] } as const;
    expect(await confirm({ target })).toMatchObject({ answer: 'no' });
  });

  test('with a reason that quotes the evidence, where one is asked for', async () => {
    expect(await confirm({ reason: 'Why?' })).toEqual({
      answer: 'yes',
      by: 'auto',
      note: `the lab's careful operator goes on: ${card.evidence.because}`,
    });
  });

  test('nothing too late', async () => {
    expect(await confirm({}, 1000)).toEqual({ answer: 'expired', by: 'auto' });
  });
});

describe('the careful operator answers', () => {
  const choice: Question = {
    about: 'choice',
    question: 'What now?',
    options: { wait: 'Wait', reset: 'Reset', escalate: 'Call Ana' },
  };
  const doubt: Question = {
    about: 'doubt',
    title: 'Delete',
    because: 'no answer',
    options: { probe: '', 'by-hand': '', abort: '' },
  };
  const manual: Question = { about: 'manual', title: 'By hand', instructions: ['Do it'] };

  test('a choice by preference, else with the first option', async () => {
    const answers = [['escalate', 'reset'], ['nothing'], []].map(
      async (prefer) => (await careful({ clock, prefer }).answer(choice, signal)).answer,
    );
    expect(await Promise.all(answers)).toEqual(['escalate', 'wait', 'wait']);
  });

  test('a doubt with two probes and a closer look where there is one, manual work with one done', async () => {
    const operator = careful({ clock });
    const closer: Question = {
      ...doubt,
      title: 'Reset',
      options: { ...doubt.options, examine: '' },
    };
    const said: string[] = [];
    for (const question of [
      doubt,
      doubt,
      doubt,
      manual,
      manual,
      { ...manual, title: 'Other' },
      closer,
      closer,
      closer,
    ])
      said.push((await operator.answer(question, signal)).answer);
    expect(said).toEqual([
      'probe',
      'probe',
      'abort',
      'done',
      'abort',
      'done',
      'probe',
      'probe',
      'examine',
    ]);
  });
});
