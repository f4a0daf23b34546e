import { between } from './chance.ts';
import { rules } from './rules/all.ts';
import type { Rule, Wanted } from './rules/rule.ts';
import { wantsOf } from './wants.ts';
import type { World } from './world.ts';

/**
 * Time. The rules look at a world and say what is going to happen in it and when, by key; what a rule no longer wants
 * does not happen. There is no queue of callbacks: the world on disk, its clock and the rules are all there is.
 */

const MOST_DEEDS = 500_000;

interface Found {
  readonly rule: Rule;
  readonly wanted: Wanted;
}

const found = (world: World): readonly Found[] =>
  rules.flatMap((rule) => wantsOf(rule, world).map((wanted) => ({ rule, wanted })));

function when(world: World, { key, at, after }: Wanted): number {
  if (after === undefined) return Math.max(at ?? world.at, world.at);
  const [least, most] = typeof after === 'function' ? after(world.at) : after;
  return world.at + between(least, most, world.seed, key, world.at);
}

/** Brings the timeline in line with what the rules want now: a deed keeps its time for as long as it is wanted. */
export const settle = (world: World): World => settled(world, found(world));

function settled(world: World, all: readonly Found[]): World {
  const kept = new Map(world.timeline.map((due) => [due.key, due]));
  const timeline = all
    .map(({ wanted }) => kept.get(wanted.key) ?? { key: wanted.key, at: when(world, wanted) })
    .toSorted((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
  return { ...world, timeline };
}

/** The deed of that key as it is wanted now, if it still is: only the rule that put it on the timeline is asked. */
const stillWanted = (world: World, all: readonly Found[], key: string): Wanted | undefined =>
  all
    .find(({ wanted }) => wanted.key === key)
    ?.rule.wants(world)
    .find((wanted) => wanted.key === key);

/** Lets time pass: every deed that falls due until then happens, in order. */
export function step(world: World, until: number): World {
  let all = found(world);
  let now = settled(world, all);
  for (let deeds = 0; deeds < MOST_DEEDS; deeds += 1) {
    const next = now.timeline[0];
    if (next === undefined || next.at > until) return { ...now, at: Math.max(now.at, until) };
    now = { ...now, at: Math.max(now.at, next.at), timeline: now.timeline.slice(1) };
    const due = stillWanted(now, all, next.key);
    if (due === undefined) continue;
    const after = due.deed(now);
    all = found(after);
    now = settled(after, all);
  }
  throw new Error(`the lab's world does not come to rest: ${now.timeline[0]?.key ?? 'nothing'}`);
}
