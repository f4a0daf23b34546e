/**
 * Where two plain values differ, one line each: `steps › remove › title: "Delete it" is now "Remove it"`. Things in a list are
 * told apart by their `id`, `name` or `outcome` where they have one, so that one step more is one line, not a hundred.
 */
export function differences(
  before: unknown,
  now: unknown,
  path: readonly string[] = [],
): readonly string[] {
  if (Object.is(before, now)) return [];
  const [old, fresh] = [keyed(before), keyed(now)];
  if (old === undefined || fresh === undefined || Array.isArray(before) !== Array.isArray(now)) {
    return JSON.stringify(before) === JSON.stringify(now)
      ? []
      : [`${where(path)}: ${shown(before)} is now ${shown(now)}`];
  }
  const names = [...new Set([...old.keys(), ...fresh.keys()])];
  return names.flatMap((name) => {
    const here = [...path, name];
    if (!fresh.has(name)) return [`${where(here)}: is no longer there`];
    if (!old.has(name)) return [`${where(here)}: is new`];
    return differences(old.get(name), fresh.get(name), here);
  });
}

const where = (path: readonly string[]): string =>
  path.length === 0 ? 'all of it' : path.join(' › ');

const LONGEST = 120;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** An object by its keys, a list by what its things are called; `undefined` for what has no parts. */
function keyed(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) {
    return new Map(Object.entries(value).filter(([, it]) => it !== undefined));
  }
  const names = value.map(nameOf);
  const unique = new Set(names).size === names.length && !names.includes(undefined);
  return new Map(
    value.map((it, i) => [(unique ? names[i] : undefined) ?? `[${i}]`, it as unknown]),
  );
}

function nameOf(thing: unknown): string | undefined {
  if (typeof thing !== 'object' || thing === null) return undefined;
  const { id, name, outcome } = thing as Readonly<Record<string, unknown>>;
  return [id, name, outcome].find((it) => typeof it === 'string');
}
