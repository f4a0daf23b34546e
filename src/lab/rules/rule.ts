import type { ReactionKey } from '../marks/reactions.ts';
import type { World } from '../world.ts';

/** The least and the most milliseconds. */
export type Span = readonly [number, number];

/** Something that is going to happen, unless the world changes first. */
export interface Wanted {
  /** Names the deed and its subject: while it is wanted without a break, its time stands. */
  readonly key: ReactionKey;
  /** At that very time… */
  readonly at?: number;
  /**
   * …or so many milliseconds, between these two, after it was first wanted. As a function of that time where they depend on it:
   * a rule that reads the clock itself is asked anew whenever it goes on.
   */
  readonly after?: Span | ((at: number) => Span);
  readonly deed: (world: World) => World;
}

/** A controller of the simulated cluster: looks at the world, says what follows. */
export interface Rule {
  readonly wants: (world: World) => readonly Wanted[];
}
