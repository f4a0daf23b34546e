import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Card } from '../../src/engine/events.ts';
import { actionDiffers, beginningDiffers, type Beginning } from '../../src/plan/as-planned.ts';
import { planOf, readPlan, type SavedPlan, writePlan } from '../../src/plan/saved.ts';
import { SreError } from '../../src/runbook/sre-error.ts';
import { card } from '../terminal/streams.ts';
import { planned } from './planned.ts';

const made = (changed: Partial<Card> = {}, predicted?: true): SavedPlan => {
  const plan = planOf(planned({ ...card, ...changed }, predicted));
  if (plan === undefined) throw new Error('no plan was made');
  return plan;
};

const commands = (line: string): Partial<Card> => ({ commands: [{ where: 'here', line }] });

const differs = (then: SavedPlan, now: Partial<Card>): readonly string[] => {
  const [action] = then.actions;
  return action === undefined ? ['no action'] : actionDiffers(action, { ...card, ...now });
};

describe('a plan', () => {
  test('is read from its file as it was made', () => {
    const plan = made();
    expect(readPlan(writePlan(plan), 'plan.json')).toEqual(plan);
    expect(plan.actions).toMatchObject([{ step: 'remove', target: { name: 'vault-2' } }]);
  });

  test('is none of a run that came to no plan', () => {
    const events = planned(card);
    expect(planOf(events.slice(0, -1))).toBeUndefined();
    const live = events.map((it) =>
      it.type === 'run.started' ? { ...it, mode: 'live' as const } : it,
    );
    expect(planOf(live)).toBeUndefined();
  });

  test.for([
    ['changed by hand', (text: string) => text.replaceAll('vault-2', 'vault-1'), 'it was changed'],
    ['no JSON', (text: string) => text.slice(0, -20), 'it is not JSON'],
    ['another thing', () => '{"format":1}', 'runbook'],
    ['of another format', (text: string) => text.replace('"format": 1', '"format": 2'), 'format'],
  ] as const)('is refused where its file is %s', ([, change, says]) => {
    expect(() => readPlan(change(writePlan(made())), 'plan.json')).toThrow(
      expect.objectContaining({
        code: 'plan-invalid',
        message: expect.stringContaining(says) as string,
      }),
    );
  });

  test('is refused or the same, whatever character of its file is another one', () => {
    const plan = made();
    const text = writePlan(plan);
    const one = fc.record({
      at: fc.nat(text.length - 1),
      character: fc.constantFrom('0', 'x', '"', '{', ' '),
    });
    const same = fc.property(one, ({ at, character }) => {
      const read = readOrRefused(`${text.slice(0, at)}${character}${text.slice(at + 1)}`);
      return read === 'plan-invalid' || isDeepStrictEqual(read, plan);
    });
    expect(fc.check(same)).toMatchObject({ failed: false });
  });
});

function readOrRefused(text: string): SavedPlan | string {
  try {
    return readPlan(text, 'plan.json');
  } catch (error) {
    if (error instanceof SreError) return error.code;
    throw error;
  }
}

describe('an action is as planned', () => {
  test('where it is the same, whatever the evidence says now', () => {
    expect(differs(made(), {})).toEqual([]);
    const evidence = { ...card.evidence, because: 'the index stands at 48999' };
    expect(differs(made(), { evidence, guards: [] })).toEqual([]);
  });

  test.for<readonly [string, Partial<Card>, string]>([
    [
      'another target',
      { target: { ...card.target, name: 'vault-1' } },
      'the target: planned vault-2',
    ],
    [
      'another command',
      { commands: [{ where: 'here', line: 'kubectl delete pod vault-2' }] },
      'the commands: planned here: kubectl',
    ],
    [
      'another text on its standard input',
      { commands: card.commands.map((it) => ({ ...it, stdin: '{}' })) },
      'the commands: ',
    ],
    ['one command more', { commands: [...card.commands, ...card.commands] }, 'the commands: '],
    ['more risk', { risk: 'destructive' }, 'the risk: planned disruptive, now destructive'],
    [
      'another pod of the same name',
      { target: { ...card.target, proven: ['uid 1', 'on k8s-node2'] } },
      'of the target no longer true: uid 6f0c7d1e',
    ],
    [
      'more that breaks',
      { breaks: { counts: [{ what: 'other pod', count: 3, names: [] }], unknown: [] } },
      'it breaks more: other pod, planned 0, now 3',
    ],
    ['a warning', { warning: 'quorum is lost' }, 'a warning that the plan had not: quorum is lost'],
  ])('not with %s', ([, now, says]) => {
    expect(differs(made(), now)).toEqual([expect.stringContaining(says)]);
  });

  test('where less breaks', () => {
    expect(differs(made(), { breaks: { counts: [], unknown: [] } })).toEqual([]);
  });

  test('where it was predicted, and what was not known then is known now', () => {
    const symbolic = made(
      {
        target: { ...card.target, name: '‹victim.pod.name›' },
        commands: [
          { where: 'here', line: 'kubectl delete pod ‹victim.pod.name› --uid ‹victim.uid› -f -' },
        ],
      },
      true,
    );
    expect(differs(symbolic, commands('kubectl delete pod vault-2 --uid 17 -f -'))).toEqual([]);
    for (const line of [
      'kubectl delete pod vault-2 -f -',
      'kubectl delete pod vault-2 --uid 17 -f - --now',
      'kubectl drain vault-2 --uid 17 -f -',
      'kubectl delete pod  --uid -f -',
    ]) {
      expect(differs(symbolic, commands(line))).toHaveLength(1);
    }
  });
});

describe('a run begins as planned', () => {
  const beginning: Beginning = {
    runbook: 'vault-raft-deadlock',
    version: 2,
    digest: 'd1',
    params: { soak: '20m' },
    cluster: 'homelab',
    inventory: 'i1',
  };

  test('where runbook, cluster, inventory and parameters are the same', () => {
    expect(beginningDiffers(made(), beginning)).toEqual([]);
  });

  test.for<readonly [Partial<Beginning>, string]>([
    [
      { runbook: 'kernel-nfs-reset' },
      'the runbook: planned vault-raft-deadlock, now kernel-nfs-reset',
    ],
    [{ version: 3, digest: 'd2' }, 'the version of the runbook: planned 2, now 3'],
    [{ digest: 'd2' }, 'the runbook changed since'],
    [{ cluster: 'other', inventory: 'i2' }, 'the cluster: planned homelab, now other'],
    [{ inventory: 'i2' }, 'the inventory changed since'],
    [{ params: { soak: '1m' } }, 'the parameters: planned {"soak":"20m"}, now {"soak":"1m"}'],
    [{ lab: { scenario: 'slow', seed: 1 } }, 'the incident of the lab changed since'],
  ])('not with %o', ([change, says]) => {
    expect(beginningDiffers(made(), { ...beginning, ...change })).toEqual([says]);
  });
});
