/**
 * Every mistake that the compiler must find, one after the other. Behind each directive: the case, and (after `⇒`) what the
 * compiler's message must contain. `compiler-rejects.test.ts` compiles this file as it is, and once more without the
 * directives.
 */
import { z } from 'zod';
import { value } from '../../src/runbook/command.ts';
import type { Command } from '../../src/runbook/command.ts';
import { runbook } from '../../src/runbook/runbook.ts';
import type { Drift, Judgement, Target } from '../../src/runbook/step.ts';

const ask = (pod: string): Command<number> => ({
  kind: 'command',
  id: 'ask',
  about: `ask ${pod}`,
  where: { on: 'local' },
  does: 'reads',
  run: { kind: 'argv', argv: ['ask', pod] },
  deadlineMs: 1000,
  read: () => value(1),
});
const look = () => ({ answer: ask('pod') });
const target = (): Target => ({ name: 'pod', kind: 'pod', proven: ['uid 1', 'on node 1'] });
/** An action but for its edges and its effect. */
const act = {
  title: 'Act',
  risk: 'disruptive',
  target,
  guards: () => [],
  blastRadius: { observe: look, measure: () => ({ counts: [], unknown: [] }) },
  drift: {
    freshWithin: '60s',
    observe: look,
    judge: (): Drift => ({ drift: 'same', because: '' }),
  },
  commands: () => [ask('pod')],
  undo: 'none',
} as const;
const effect = {
  proof: 'another uid',
  every: '5s',
  within: '90s',
  identity: look,
  judge: (): Judgement => ({ effect: 'confirmed', because: '' }),
} as const;

const book = runbook({
  id: 'rejected',
  title: 'Rejected',
  version: 1,
  params: z.object({ namespace: z.string() }),
  facts: { leader: z.string(), count: z.number() },
});
type MakeStep = Parameters<Parameters<typeof book.steps>[0]>[0];
declare const step: MakeStep;
const end = (it: MakeStep) => it.end({ title: 'End', result: 'resolved', left: () => [] });

book.steps((it) => ({
  // @ts-expect-error an edge to a missing step ⇒ Type '"bee"' is not assignable to type '"a" | "end"'
  a: it.probe({
    title: 'A',
    next: { ok: { to: 'bee' } },
    observe: look,
    conclude: (_, { to }) => to.ok(''),
  }),
  end: end(it),
}));

book.steps((it) => ({
  // @ts-expect-error an edge whose `then` is a missing step ⇒ Type '"bee"' is not assignable
  a: it.probe({
    title: 'A',
    next: { ok: { to: 'a', atMost: 2, then: 'bee' }, fine: { to: 'end' } },
    observe: look,
    conclude: (_, { to }) => to.ok(''),
  }),
  end: end(it),
}));

book
  .steps((it) => ({ end: end(it) }))
  // @ts-expect-error an unknown start ⇒ Argument of type '"zz"' is not assignable to parameter of type '"end"'
  .startingAt('zz');

step.probe({
  title: 'A',
  next: { ok: { to: 'end' } },
  observe: look,
  // @ts-expect-error an outcome without an edge ⇒ Property 'nope' does not exist
  conclude: (_, { to }) => to.nope(''),
});

step.probe({
  title: 'A',
  next: { ok: { to: 'end', gives: ['leader'] } },
  observe: look,
  // @ts-expect-error a promised fact that is not carried ⇒ Expected 2 arguments, but got 1
  conclude: (_, { to }) => to.ok(''),
});

step.probe({
  title: 'A',
  next: { ok: { to: 'end', gives: ['leader', 'count'] } },
  observe: look,
  // @ts-expect-error one promised fact of two that is not carried ⇒ Property 'count' is missing
  conclude: (_, { to }) => to.ok('', { leader: 'vault-2' }),
});

step.probe({
  title: 'A',
  next: { ok: { to: 'end', gives: ['leader'] } },
  observe: look,
  // @ts-expect-error a promised fact of the wrong type ⇒ Type 'number' is not assignable to type 'string'
  conclude: (_, { to }) => to.ok('', { leader: 2 }),
});

step.probe({
  title: 'A',
  next: { ok: { to: 'end' } },
  // @ts-expect-error a fact that is read and not declared in needs ⇒ Property 'leader' does not exist
  observe: ({ facts }) => ({ answer: ask(facts.leader) }),
  conclude: (_, { to }) => to.ok(''),
});

step.probe({
  title: 'A',
  mayUse: ['leader'],
  next: { ok: { to: 'end' } },
  // @ts-expect-error a fact of some paths that is read as if of all ⇒ 'string | undefined' is not assignable
  observe: ({ facts }) => ({ answer: ask(facts.leader) }),
  conclude: (_, { to }) => to.ok(''),
});

step.probe({
  title: 'A',
  // @ts-expect-error a needed fact that the runbook does not declare ⇒ Type '"nose"' is not assignable to type '"count" | "leader"'
  needs: ['nose'],
  next: { ok: { to: 'end' } },
  observe: look,
  conclude: (_, { to }) => to.ok(''),
});

step.probe({
  title: 'A',
  // @ts-expect-error a given fact that the runbook does not declare ⇒ Type '"nose"' is not assignable to type '"count" | "leader"'
  next: { ok: { to: 'end', gives: ['nose'] } },
  observe: look,
  conclude: (_, { wait }) => wait(''),
});

book
  .steps((it) => ({
    a: it.probe({
      title: 'A',
      next: { left: { to: 'b', gives: ['leader'] }, right: { to: 'b' } },
      observe: look,
      conclude: (_, { to }) => to.right(''),
    }),
    b: it.probe({
      title: 'B',
      needs: ['leader'],
      next: { ok: { to: 'end' } },
      observe: ({ facts }) => ({ answer: ask(facts.leader) }),
      conclude: (_, { to }) => to.ok(''),
    }),
    end: end(it),
  }))
  // @ts-expect-error a fact that some path does not give ⇒ 'b' needs 'leader', which not every path to it gives
  .startingAt('a');

book
  .steps((it) => ({
    a: it.probe({
      title: 'A',
      next: { again: { to: 'c', atMost: 2, then: 'b' } },
      observe: look,
      conclude: (_, { to }) => to.again(''),
    }),
    c: it.probe({
      title: 'C',
      next: { ok: { to: 'b', gives: ['leader'] } },
      observe: look,
      conclude: (_, { to }) => to.ok('', { leader: 'vault-2' }),
    }),
    b: it.probe({
      title: 'B',
      needs: ['leader'],
      next: { ok: { to: 'end' } },
      observe: ({ facts }) => ({ answer: ask(facts.leader) }),
      conclude: (_, { to }) => to.ok(''),
    }),
    end: end(it),
  }))
  // @ts-expect-error a fact that is missing behind the `then` of a bounded edge ⇒ 'b' needs 'leader', which not every path to it gives
  .startingAt('a');

book
  .steps((it) => ({
    a: it.probe({
      title: 'A',
      next: { ok: { to: 'end' } },
      observe: look,
      conclude: (_, { to }) => to.ok(''),
    }),
    lost: end(it),
    end: end(it),
  }))
  // @ts-expect-error a step that no path reaches ⇒ no path leads to 'lost'
  .startingAt('a');

// @ts-expect-error an action without an effect ⇒ Property 'effect' is missing
step.action({
  ...act,
  next: {
    confirmed: { to: 'end' },
    refuted: { to: 'end' },
    declined: { to: 'end' },
    blocked: { to: 'end' },
    drifted: { to: 'end' },
  },
});

step.action({
  ...act,
  effect,
  // @ts-expect-error an action without a drifted edge ⇒ Property 'drifted' is missing
  next: {
    confirmed: { to: 'end' },
    refuted: { to: 'end' },
    declined: { to: 'end' },
    blocked: { to: 'end' },
  },
});

step.action({
  ...act,
  effect,
  // @ts-expect-error an action without a blocked edge ⇒ Property 'blocked' is missing
  next: {
    confirmed: { to: 'end' },
    refuted: { to: 'end' },
    declined: { to: 'end' },
    drifted: { to: 'end' },
  },
});

step.action({
  ...act,
  effect,
  next: {
    // @ts-expect-error an action that gives facts ⇒ Type 'string' is not assignable to type 'never'
    confirmed: { to: 'end', gives: ['leader'] },
    refuted: { to: 'end' },
    declined: { to: 'end' },
    blocked: { to: 'end' },
    drifted: { to: 'end' },
  },
});

step.action({
  ...act,
  effect,
  next: {
    confirmed: { to: 'end' },
    refuted: { to: 'end' },
    declined: { to: 'end' },
    blocked: { to: 'end' },
    drifted: { to: 'end' },
    // @ts-expect-error a doubt that gives facts ⇒ Type 'string' is not assignable to type 'never'
    doubtful: { to: 'b', gives: ['leader'] },
  },
});

step.action({
  ...act,
  effect,
  needs: ['leader'],
  // @ts-expect-error a fence that the action does not need ⇒ Type '"count"' is not assignable to type '"leader"'
  fencedBy: 'count',
  next: {
    confirmed: { to: 'end' },
    refuted: { to: 'end' },
    declined: { to: 'end' },
    blocked: { to: 'end' },
    drifted: { to: 'end' },
  },
});

step.probe({
  title: 'A',
  next: { ok: { to: 'end' } },
  // @ts-expect-error a `late` outcome that is not an edge ⇒ Type '"tired"' is not assignable to type '"ok"'
  watch: () => ({ every: '5s', within: '60s', late: 'tired' }),
  observe: look,
  conclude: (_, { to }) => to.ok(''),
});

step.probe({
  title: 'A',
  next: { ok: { to: 'end', gives: ['leader'] }, tired: { to: 'end' } },
  // @ts-expect-error a `late` outcome that would have to give facts ⇒ Type '"ok"' is not assignable to type '"tired"'
  watch: () => ({ every: '5s', within: '60s', late: 'ok' }),
  observe: look,
  conclude: (_, { wait }) => wait(''),
});

step.probe({
  title: 'A',
  next: { ok: { to: 'end' } },
  // @ts-expect-error an expected outcome that is not an edge ⇒ Type '"fine"' is not assignable to type '"ok"'
  expect: 'fine',
  observe: look,
  conclude: (_, { to }) => to.ok(''),
});

step.choice({
  title: 'A',
  next: { left: { to: 'end' }, right: { to: 'end' } },
  question: () => 'Which?',
  // @ts-expect-error a choice without an option for an outcome ⇒ Property 'right' is missing
  options: { left: 'Left' },
});

step.manual({
  title: 'A',
  // @ts-expect-error manual work that cannot be declined ⇒ Property 'declined' is missing
  next: { done: { to: 'end' } },
  instructions: () => ['Do it.'],
});

step.call({
  title: 'A',
  runbook: 'other',
  with: () => ({}),
  // @ts-expect-error a call without an edge for an end ⇒ Property 'unsafe' is missing
  next: {
    resolved: { to: 'end' },
    'not-this-incident': { to: 'end' },
    escalate: { to: 'end' },
    aborted: { to: 'end' },
  },
});
