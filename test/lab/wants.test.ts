import { expect, test } from 'vitest';
import { scenarios } from '../../src/lab/index.ts';
import { rules } from '../../src/lab/rules/all.ts';
import type { Rule, Wanted } from '../../src/lab/rules/rule.ts';
import { step } from '../../src/lab/step.ts';
import { wantsOf } from '../../src/lab/wants.ts';
import type { World } from '../../src/lab/world.ts';

const said = (wants: readonly Wanted[], now = 0): unknown =>
  wants.map(({ key, at, after }) => ({
    key,
    at,
    after: typeof after === 'function' ? after(now) : after,
  }));

/** Every fourth is enough to meet every rule at work, and all of them would take longer than what this saves. */
const some = scenarios.filter((_, i) => i % 4 === 0).map((it) => [it.id, it] as const);

test.each(some)('what a rule is known to want of %s is what it wants', (_, scenario) => {
  let world = scenario.make(3);
  for (let i = 0; i < 10; i += 1) {
    world = step(world, world.at + 9_000 * (i + 1));
    for (const rule of rules) {
      expect(said(wantsOf(rule, world), world.at)).toEqual(said(rule.wants(world), world.at));
    }
  }
});

const world = { at: 1, seed: 7 } as unknown as World;
const later = { ...world, at: 2 };
const other = { ...world, dataLost: true } as World;

test.each<[string, Rule['wants'], number]>([
  ['looks at what never changes', ({ seed }) => [wanted(`traffic:seed ${seed}`)], 1],
  ['looks at the time', ({ at }) => [wanted(`traffic:at ${at}`)], 2],
  ['looks whether something is there', (it) => [wanted(`traffic:${String('dataLost' in it)}`)], 2],
  ['copies the world', (it) => [wanted(`traffic:${JSON.stringify({ ...it })}`)], 4],
])('a rule that %s is asked as often as that may have changed', (_, wants, times) => {
  let asked = 0;
  const rule: Rule = {
    wants: (it) => {
      asked += 1;
      return wants(it);
    },
  };
  for (const it of [world, world, later, other]) {
    expect(said(wantsOf(rule, it))).toEqual(said(wants(it)));
  }
  expect(asked).toBe(times);
});

function wanted(key: Wanted['key']): Wanted {
  return { key, at: 0, deed: (it) => it };
}
