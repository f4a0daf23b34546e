/** Lets a limited number of holders in at a time, the others in the order they came. */
export class Semaphore {
  #limit: number;
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits for a place. A place that is not wanted any more when it comes must be given back all the same. */
  async take(): Promise<() => void> {
    if (this.#held >= this.#limit) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    } else {
      this.#held += 1;
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#release();
    };
  }

  /** How many hold a place now. */
  get held(): number {
    return this.#held;
  }

  /** Lowers the limit where the far side turned out to allow less; at least one. */
  narrow(limit: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, limit));
  }

  /** The place goes to whoever waits longest, unless there are too many holders for a lowered limit. */
  #release(): void {
    const next = this.#held <= this.#limit ? this.#waiting.shift() : undefined;
    if (next === undefined) this.#held -= 1;
    else next();
  }
}
