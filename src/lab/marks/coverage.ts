import { ANSWERS } from './answers.ts';
import { DEEDS } from './deeds.ts';
import type { Behaviour, Behaviours, Mark } from './mark.ts';
import { REACTIONS } from './reactions.ts';

/** A behaviour of the lab, as a list of all of them names it. */
export interface Covered extends Behaviour {
  /** `answer`: what is said to a command. `deed`: what a change does at once. `reaction`: what happens by itself. */
  readonly kind: 'answer' | 'deed' | 'reaction';
  /** What it stands for: the first part of an answer's id, or the world. */
  readonly component: string;
  readonly id: string;
}

const rows = (
  kind: Covered['kind'],
  table: Behaviours,
  componentOf: (id: string) => string,
): readonly Covered[] =>
  Object.entries(table).map(([id, it]) => ({ kind, component: componentOf(id), id, ...it }));

const firstPart = (id: string): string => id.slice(0, id.indexOf('/'));

/** Everything that the lab does, with what it rests on. */
export const COVERAGE: readonly Covered[] = [
  ...rows('answer', ANSWERS, firstPart),
  ...rows('deed', DEEDS, () => 'deeds'),
  ...rows('reaction', REACTIONS, () => 'time'),
];

/** The mark of a behaviour in one sentence. */
export const inWords = (mark: Mark): string =>
  mark.is === 'recorded' ? mark.in.join(', ') : `${mark.because} (${mark.source})`;
