import { describe, expect, test } from 'vitest';
import type { At, Card } from '../../src/engine/events.ts';
import { heldToPlan } from '../../src/cli/held-to-plan.ts';
import { NobodyToAsk, NotAsPlanned } from '../../src/engine/ports.ts';
import type { Operator } from '../../src/engine/ports.ts';
import { approvalsFrom } from '../../src/plan/approval.ts';
import { planOf } from '../../src/plan/saved.ts';
import { card } from '../terminal/streams.ts';
import { planned } from './planned.ts';

const plan = planOf(planned(card));
if (plan === undefined) throw new Error('no plan was made');

const AT: At = { step: 'remove', visit: 1, depth: 0 };
const { signal } = new AbortController();

const nobody: Operator = {
  confirm: () => Promise.reject(new NobodyToAsk('nobody')),
  answer: () => Promise.resolve({ answer: 'abort', by: 'test' }),
};

const held = (...approve: readonly string[]) => {
  const approvals = approvalsFrom(approve, plan);
  const operator = heldToPlan({ plan, approvals, by: 'ops' }, nobody);
  return (now: Partial<Card> = {}, at: At = AT) =>
    operator.confirm({ ...card, ...now }, Infinity, signal, undefined, at);
};

describe('an approval', () => {
  test('answers for the step and the target that it names, and is in the journal with the plan', async () => {
    expect(await held('remove=vault-2')()).toEqual({
      answer: 'yes',
      by: 'ops',
      note: `approved beforehand: remove=vault-2, plan ${plan.digest.slice(0, 12)}`,
    });
  });

  test('answers once: a second visit of the step is another deed', async () => {
    const confirm = held('remove=vault-2');
    await confirm();
    await expect(confirm({}, { ...AT, visit: 2 })).rejects.toThrow(NobodyToAsk);
  });

  test('answers nothing that wants a reason', async () => {
    const reason = 'Why is quorum of no concern?';
    await expect(held('remove=vault-2')({ reason })).rejects.toThrow(NobodyToAsk);
  });

  test('answers nothing that is not as planned, and nobody else is asked either', async () => {
    const target = { ...card.target, name: 'vault-1' };
    await expect(held('remove=vault-2')({ target })).rejects.toThrow(NotAsPlanned);
    await expect(held('remove=vault-2')({}, { ...AT, step: 'force-delete' })).rejects.toThrow(
      "'Delete pod vault-2, gracefully' is not as planned: the plan has no such action",
    );
  });

  test.for([
    ['remove', 'it takes the form step=target'],
    ['remove=', 'it takes the form step=target'],
    ['=vault-2', 'it takes the form step=target'],
    ['drain=vault-2', 'the plan has no such step'],
    ['remove=vault-1', 'the plan has another target there'],
  ] as const)('is refused as %s', ([text, says]) => {
    expect(() => approvalsFrom([text], plan)).toThrow(`--approve ${text}: ${says}`);
  });
});

test('what is as planned and not approved is asked', async () => {
  await expect(held()()).rejects.toThrow(NobodyToAsk);
});
