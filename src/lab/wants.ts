import type { Rule, Wanted } from './rules/rule.ts';
import type { World } from './world.ts';

/**
 * What a rule wants is a function of the parts of the world that it looks at, and most steps change few of them: what it
 * wanted last stands as long as every one of those parts is the very same. Its deeds may remember an older world; they
 * name what is wanted, and whoever does one asks the rule anew.
 */

interface Kept {
  readonly looked: ReadonlyMap<PropertyKey, unknown>;
  readonly wants: readonly Wanted[];
}

/** The last few, since several labs may go on side by side. */
const kept = new WeakMap<Rule, readonly Kept[]>();
const MOST_KEPT = 4;

const part = (world: World, key: PropertyKey): unknown => Reflect.get(world, key);

function stands({ looked }: Kept, world: World): boolean {
  for (const [key, value] of looked) if (part(world, key) !== value) return false;
  return true;
}

/** What the rule wants of this world: keys and times alone, not to be done. */
export function wantsOf(rule: Rule, world: World): readonly Wanted[] {
  const before = kept.get(rule) ?? [];
  const known = before.find((it) => stands(it, world));
  if (known !== undefined) return known.wants;
  const looked = new Map<PropertyKey, unknown>();
  let whole = false;
  const watched = new Proxy(world, {
    get: (_, key) => {
      const value = part(world, key);
      looked.set(key, value);
      return value;
    },
    has: (_, key) => {
      looked.set(key, part(world, key));
      return Reflect.has(world, key);
    },
    ownKeys: () => {
      whole = true;
      return Reflect.ownKeys(world);
    },
  });
  const wants = rule.wants(watched);
  // Whoever copies the world may have looked at any part of it, also at one that is not there yet.
  if (!whole) kept.set(rule, [{ looked, wants }, ...before.slice(0, MOST_KEPT - 1)]);
  return wants;
}
