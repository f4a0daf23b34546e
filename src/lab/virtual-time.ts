import { Quiet } from './quiet.ts';
import { step } from './step.ts';
import type { World } from './world.ts';

/**
 * The lab's clock. It stands still while anybody works, and goes straight to the next moment that somebody waits for.
 * What is started at the same moment runs side by side: it costs the longest, not the sum, and the order in which it
 * was started makes no difference.
 */
export class VirtualTime {
  #world: World;
  #saved: World | undefined;
  #pumping = false;
  readonly #quiet = new Quiet();
  readonly #moments = new Set<Moment>();
  readonly #save: (world: World) => Promise<void> | void;
  readonly #pace: ((ms: number) => Promise<void>) | undefined;

  constructor(
    world: World,
    save: (world: World) => Promise<void> | void,
    pace: ((ms: number) => Promise<void>) | undefined,
  ) {
    this.#world = world;
    this.#save = save;
    this.#pace = pace;
  }

  /** The world as it is now. */
  get world(): World {
    return this.#world;
  }

  /** Changes the world, now. */
  change(world: World): void {
    this.#world = world;
  }

  /** Keeps the world, if it changed since it was last kept. */
  async keep(): Promise<void> {
    if (this.#saved === this.#world) return;
    const world = this.#world;
    await this.#save(world);
    this.#saved = world;
  }

  /** Has something happen at a time; it can be called off until then. */
  at(time: number, key: string, happen: () => Promise<void>): () => void {
    const moment: Moment = { time: Math.max(time, this.#world.at), key, happen };
    this.#moments.add(moment);
    if (!this.#pumping) {
      this.#pumping = true;
      void this.#pump();
    }
    return () => this.#moments.delete(moment);
  }

  async #pump(): Promise<void> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- moments come one after the other
      await this.#quiet.come();
      const next = [...this.#moments].toSorted(byTime)[0];
      if (next === undefined) break;
      const ms = next.time - this.#world.at;
      // oxlint-disable-next-line no-await-in-loop
      if (ms > 0 && this.#pace !== undefined) await this.#pace(ms);
      if (!this.#moments.delete(next)) continue;
      this.#world = step(this.#world, Math.max(next.time, this.#world.at));
      // oxlint-disable-next-line no-await-in-loop
      await next.happen();
    }
    this.#pumping = false;
  }
}

interface Moment {
  readonly time: number;
  readonly key: string;
  readonly happen: () => Promise<void>;
}

const byTime = (a: Moment, b: Moment): number =>
  a.time - b.time || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
