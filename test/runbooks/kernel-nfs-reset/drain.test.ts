import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterexample } from '../../tools/counterexample.ts';
import { judgeDrain, judgeEvicted } from '../../../runbooks/kernel-nfs-reset/judge/drain.ts';
import type { DrainLook } from '../../../runbooks/kernel-nfs-reset/judge/drain.ts';
import { covers } from '../../../src/tools/kubectl/budgets.ts';
import type { Budget } from '../../../src/tools/kubectl/budgets.ts';
import { aNode, aPod, blind, kubeletOf, saw, wellKubelet } from './observed.ts';

const NOW = Date.parse('2026-04-22T10:00:00Z');

const claims = saw([
  { namespace: 'apps', name: 'data-nfs', phase: 'Bound', volume: 'pv-nfs' },
  { namespace: 'apps', name: 'data-block', phase: 'Bound', volume: 'pv-block' },
]);
const volumes = saw([
  { name: 'pv-nfs', backend: 'nfs' as const, mountOptions: [] },
  { name: 'pv-block', backend: 'block' as const, mountOptions: [] },
]);

const budget = (over: Partial<Budget> = {}): Budget => ({
  namespace: 'apps',
  name: 'web',
  selector: { labels: { app: 'web' }, expressions: [] },
  disruptionsAllowed: 1,
  currentHealthy: 2,
  desiredHealthy: 1,
  ...over,
});

const { owner: _, ...bare } = aPod({ name: 'bare' });

const look = (over: Partial<DrainLook> = {}): DrainLook => ({
  node: saw(aNode({ unschedulable: true })),
  kubelet: wellKubelet,
  lease: saw({ renewTime: '2026-04-22T09:59:55Z' }),
  pods: saw([aPod()]),
  budgets: saw([]),
  claims,
  volumes,
  ...over,
});

const allowing = (app: string, allowed: number): Budget =>
  budget({
    name: app,
    disruptionsAllowed: allowed,
    selector: { labels: { app }, expressions: [] },
  });

describe('what may be moved before a reset', () => {
  test('a pod with an owner and without an NFS volume', () => {
    const word = judgeDrain(
      look({ pods: saw([aPod(), aPod({ name: 'db-0', claims: ['data-block'] })]) }),
      NOW,
    );
    expect(word).toMatchObject({ is: 'yes', pods: [{ name: 'web-0' }, { name: 'db-0' }] });
  });

  test.for([
    ['a DaemonSet', aPod({ owner: { kind: 'DaemonSet', name: 'agent' } })],
    ['a static pod', aPod({ mirror: true })],
    ['an NFS volume', aPod({ claims: ['data-nfs'] })],
    ['an NFS volume of its own', aPod({ inlineNfs: true })],
    ['a claim that nobody knows', aPod({ claims: ['other'] })],
    ['nobody who starts it again', bare],
    ['a deletion under way', aPod({ deletionTimestamp: '2026-04-22T09:50:00Z' })],
  ] as const)('a pod with %s stays', ([, pod]) => {
    expect(judgeDrain(look({ pods: saw([pod]) }), NOW).is).toBe('no');
  });

  test.for([
    [
      'the kubelet does not answer',
      look({ kubelet: kubeletOf({ is: 'silent' }) }),
      'kubelet does not answer',
    ],
    ['the kubelet could not be looked at', look({ kubelet: blind() }), 'kubelet does not answer'],
    ['its lease is old', look({ lease: saw({ renewTime: '2026-04-22T09:58:00Z' }) }), '120 s old'],
    ['its lease cannot be read', look({ lease: blind() }), 'could not be read'],
    ['the budgets cannot be read', look({ budgets: blind('forbidden') }), 'forbidden'],
  ] as const)('there is no drain where %s, and it is said', ([, seen, says]) => {
    const word = judgeDrain(seen, NOW);
    expect(word.is).toBe('no');
    expect(word.because).toContain(says);
  });

  test('a node that does not read back as cordoned ends it', () => {
    expect(judgeDrain(look({ node: saw(aNode()) }), NOW).is).toBe('not-cordoned');
    expect(judgeDrain(look({ node: blind() }), NOW).is).toBe('not-cordoned');
  });

  test('never more pods than a budget allows', () => {
    const pod = fc
      .record({ n: fc.integer({ min: 0, max: 99 }), app: fc.constantFrom('web', 'api') })
      .map(({ n, app }) => aPod({ name: `${app}-${n}`, labels: { app } }));
    const property = fc.property(
      fc.uniqueArray(pod, { selector: (it) => it.uid, maxLength: 12 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      (pods, web, api) => {
        const budgets = [allowing('web', web), allowing('api', api)];
        const word = judgeDrain(look({ pods: saw(pods), budgets: saw(budgets) }), NOW);
        const moved = word.is === 'yes' ? word.pods : [];
        return budgets.every(
          (it) => moved.filter((one) => covers(it, one)).length <= it.disruptionsAllowed,
        );
      },
    );
    expect(counterexample(property)).toBeUndefined();
  });
});

describe('what became of an eviction', () => {
  const uids = ['a', 'b'];
  test('all gone', () => {
    expect(judgeEvicted(uids, saw([]))).toMatchObject({ effect: 'confirmed' });
  });

  test('slow is told from blocked', () => {
    const slow = aPod({ name: 'slow', uid: 'a', deletionTimestamp: '2026-04-22T09:59:00Z' });
    const blocked = aPod({ name: 'blocked', uid: 'b' });
    const word = judgeEvicted(uids, saw([slow, blocked]));
    expect(word.effect).toBe('refuted');
    expect(word.because).toContain('slow to end: apps/slow');
    expect(word.because).toContain(
      'not let go by a disruption budget, or refused for another reason: apps/blocked',
    );
  });

  test('pods that cannot be read are unknown', () => {
    expect(judgeEvicted(uids, blind())).toMatchObject({ effect: 'unknown' });
  });
});
