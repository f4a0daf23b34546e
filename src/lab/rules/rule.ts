import type { World } from '../world.ts';

/** Something that is going to happen, unless the world changes first. */
export interface Wanted {
  /** Names the deed and its subject: while it is wanted without a break, its time stands. */
  readonly key: string;
  /** At that very time… */
  readonly at?: number;
  /** …or so many milliseconds, between these two, after it was first wanted. */
  readonly after?: readonly [number, number];
  readonly deed: (world: World) => World;
}

/** A controller of the simulated cluster: looks at the world, says what follows. */
export interface Rule {
  readonly wants: (world: World) => readonly Wanted[];
}
