/**
 * Ctrl-C, as DESIGN has it: the first stops after the command in flight, the second detaches. SIGTERM and SIGHUP stop too, and so
 * does a reader of the output that goes away: what nobody sees is not gone on with.
 * In a guided run the terminal is in raw mode, and the keyboard calls {@link Signals.interrupt} instead.
 */
export class Signals {
  readonly #stop = new AbortController();
  readonly #detach = new AbortController();

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  get detach(): AbortSignal {
    return this.#detach.signal;
  }

  readonly interrupt = (): void => {
    if (this.#stop.signal.aborted) this.#detach.abort();
    else this.#stop.abort();
  };

  readonly #unread = (): void => {
    this.#stop.abort();
  };

  listen(): void {
    process.stdout.on('error', this.#unread);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, this.interrupt);
  }

  close(): void {
    process.stdout.off('error', this.#unread);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, this.interrupt);
  }
}
