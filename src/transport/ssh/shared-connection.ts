import { NotBegun } from '../not-begun.ts';
import { before, type Watch } from '../watch.ts';
import type { Connection } from './connection.ts';
import { tooLate, type Phase, type Place } from './dialling.ts';
import { Semaphore } from './semaphore.ts';

/** Told while a connection is made: how far it is, and what the configuration made of the name. */
export interface Progress {
  phase: Phase;
  place: Place;
  /** The jump host it goes through. */
  via: SharedConnection | undefined;
}

/** Makes a connection, noting its progress. Rejects with `NotBegun`. */
export type Make = (progress: Progress, signal: AbortSignal) => Promise<Connection>;

/** One connection that several callers wait for and then use; its making stops when nobody waits for it any more. */
export class SharedConnection {
  readonly slots: Semaphore;
  readonly progress: Progress;
  readonly #made: Promise<Connection>;
  readonly #stop = new AbortController();
  #waiting = 0;
  #connection: Connection | undefined;
  #failed = false;

  constructor(place: Place, channels: number, make: Make) {
    this.slots = new Semaphore(channels);
    this.progress = { phase: 'looking up', place, via: undefined };
    this.#made = this.#making(make);
    // Whoever waits sees the rejection; nobody may be waiting any more.
    this.#made.catch(() => undefined);
  }

  /** Still being made, or standing. */
  get usable(): boolean {
    return !this.#failed && this.#connection?.broke() === undefined;
  }

  /** Waits for the connection, at most until `until` is over, `ms` after it began. Throws `NotBegun`. */
  async wait(until: Watch, ms: number): Promise<Connection> {
    this.#waiting += 1;
    try {
      return await before(this.#made, until, () => this.#late(ms));
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.#connection === undefined) this.#giveUp();
    }
  }

  /** Ends it, whether it stands or is still being made. */
  async close(): Promise<void> {
    this.#giveUp();
    await this.#connection?.close();
  }

  /** What it is waiting for: itself, or the jump host before it. */
  #late(ms: number): string {
    const { place, phase, via } = this.progress;
    return via === undefined || via.#connection !== undefined
      ? tooLate(place, phase, ms)
      : `on the way to ${place.host}: ${via.#late(ms)}`;
  }

  #giveUp(): void {
    this.#failed = true;
    this.#stop.abort();
  }

  async #making(make: Make): Promise<Connection> {
    try {
      const connection = await make(this.progress, this.#stop.signal);
      if (this.#stop.signal.aborted) {
        await connection.close();
        throw new NotBegun({ how: 'cancelled' }, 'nobody waits for it any more');
      }
      this.#connection = connection;
      return connection;
    } catch (thrown) {
      this.#failed = true;
      throw thrown;
    }
  }
}
