import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers, listAllBudgets } from '../../../src/tools/kubectl/budgets.ts';
import type { Budget } from '../../../src/tools/kubectl/budgets.ts';
import type { Requirement, Selector } from '../../../src/tools/kubectl/selector.ts';
import { counterexample } from '../counterexample.ts';
import { readWith, valueOf } from '../output.ts';
import { CLUSTER } from '../site.ts';
import { object } from './recorded.ts';

const BUDGETS = valueOf(readWith(listAllBudgets(CLUSTER), object('all-budgets')));
const budget = (name: string): Budget => {
  const found = BUDGETS.find((it) => it.name === name);
  if (found === undefined) throw new Error(`no budget ${name}`);
  return found;
};

test.for([
  ['vault', 'vault', { 'app.kubernetes.io/name': 'vault', component: 'server', more: 'x' }, true],
  ['vault', 'vault', { 'app.kubernetes.io/name': 'vault' }, false],
  ['vault', 'other', { 'app.kubernetes.io/name': 'vault', component: 'server' }, false],
  ['mysql', 'dbaas', { tier: 'cache' }, true],
  ['mysql', 'dbaas', { tier: 'cache', canary: '' }, false],
  ['mysql', 'dbaas', {}, false],
  ['everything', 'mail', {}, true],
  ['everything', 'vault', {}, false],
  ['nothing', 'media', { app: 'jellyfin' }, false],
] as const)('budget %s, a pod in %s with %j: %s', ([name, namespace, labels, is]) => {
  expect(covers(budget(name), { namespace, labels })).toBe(is);
});

const key = fc.constantFrom('app', 'tier', 'constructor');
const text = fc.constantFrom('', 'a', 'b');
const labels = fc.dictionary(key, text, { noNullPrototype: true });
const requirement: fc.Arbitrary<Requirement> = fc.record({
  key,
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
  values: fc.array(text, { maxLength: 2 }),
});
const selector: fc.Arbitrary<Selector> = fc.record({
  labels,
  expressions: fc.array(requirement, { maxLength: 3 }),
});

/** The rule as the API documents it, over a list of pairs: set-based requirements, all of which hold. */
function naively({ labels: wanted, expressions }: Selector, has: Record<string, string>): boolean {
  const pairs = Object.entries(has);
  for (const [k, v] of Object.entries(wanted)) {
    if (!pairs.some(([a, b]) => a === k && b === v)) return false;
  }
  for (const { key: k, operator, values } of expressions) {
    const there = pairs.filter(([a]) => a === k);
    const inside = there.some(([, b]) => values.includes(b));
    if (operator === 'In' && !inside) return false;
    if (operator === 'NotIn' && inside) return false;
    if (operator === 'Exists' && there.length === 0) return false;
    if (operator === 'DoesNotExist' && there.length > 0) return false;
  }
  return true;
}

test('any selector and any labels: as a naive reading has it', () => {
  const property = fc.property(selector, labels, fc.boolean(), (picks, has, same) => {
    const pod = { namespace: same ? 'a' : 'b', labels: has };
    return covers({ namespace: 'a', selector: picks }, pod) === (same && naively(picks, has));
  });
  expect(counterexample(property, 2000)).toBeUndefined();
});
