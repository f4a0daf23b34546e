import { PassThrough, type Readable } from 'node:stream';

/**
 * Owns standard input from the first step to the last, in raw mode. While a step runs, what is typed is swallowed, so that
 * nobody confirms by a key that was pressed before the question was on the screen; Ctrl-C reaches the run. A prompt is lent
 * the keys, and gets none that arrived before it stood still for a moment.
 */

const CTRL_C = 0x03;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** End of input and suspend: a prompt would never settle, or leave the terminal in the wrong mode. */
const UNWANTED: readonly number[] = [0x04, 0x1a];

const wanted = (chunk: Buffer): Uint8Array => chunk.filter((byte) => !UNWANTED.includes(byte));

/** How long a prompt must have been on the screen before a key counts. */
export const QUIET_MS = 300;

/** The part of `process.stdin` that is used here. */
export type KeyboardInput = NodeJS.ReadStream;

export interface KeyboardOptions {
  readonly input: KeyboardInput;
  /** Ctrl-C outside of a prompt. */
  readonly onInterrupt: () => void;
  readonly quietMs?: number;
}

/** Keys lent to a prompt. */
export interface Loan {
  readonly input: Readable;
  /** The terminal went away. */
  readonly gone: AbortSignal;
  /** The prompt is on the screen: keys count from a quiet moment later. */
  readonly painted: () => void;
  readonly giveBack: () => void;
}

export class Keyboard {
  readonly #input: KeyboardInput;
  readonly #onInterrupt: () => void;
  readonly #quietMs: number;
  readonly #gone = new AbortController();
  #opened = false;
  #borrower: ((chunk: Buffer) => void) | undefined;

  constructor(options: KeyboardOptions) {
    this.#input = options.input;
    this.#onInterrupt = options.onInterrupt;
    this.#quietMs = options.quietMs ?? QUIET_MS;
  }

  /** Whether somebody can type here. */
  get isTerminal(): boolean {
    return (this.#input.isTTY as boolean | undefined) === true && !this.#gone.signal.aborted;
  }

  /** Begins to swallow what is typed. Does nothing where input is not a terminal: a pipe is never read. */
  open(): void {
    if (this.#opened || !this.isTerminal) return;
    this.#opened = true;
    this.#input.setRawMode(true);
    this.#input.on('data', this.#onData);
    this.#input.on('end', this.#onGone);
    this.#input.on('error', this.#onGone);
    this.#input.resume();
    this.#input.unref();
  }

  /** Gives the terminal back to the shell. */
  close(): void {
    if (!this.#opened) return;
    this.#opened = false;
    this.#input.off('data', this.#onData);
    this.#input.off('end', this.#onGone);
    this.#input.off('error', this.#onGone);
    this.#input.pause();
    if (!this.#gone.signal.aborted) this.#input.setRawMode(false);
  }

  /** Lends the keys to one prompt: one line of them, or everything that is typed or pasted. */
  lend(what: 'line' | 'everything' = 'line'): Loan {
    this.open();
    this.#input.ref();
    const stream = new PassThrough();
    const quiet = new Quiet(this.#quietMs);
    this.#borrower = (chunk) => {
      if (chunk.includes(CTRL_C)) stream.write(Buffer.of(CTRL_C));
      else if (quiet.over && what === 'everything') stream.write(wanted(chunk));
      else if (quiet.over) {
        const end = chunk.findIndex((byte) => byte === CARRIAGE_RETURN || byte === LINE_FEED);
        const line = end === -1 ? chunk : chunk.subarray(0, end + 1);
        stream.write(wanted(line));
        // Lines after the first were not typed in answer to what the first one brought up.
        if (end !== -1) quiet.begin();
      }
    };
    return {
      input: stream,
      gone: this.#gone.signal,
      painted: () => quiet.begin(),
      giveBack: () => {
        quiet.end();
        this.#borrower = undefined;
        if (this.#opened) this.#input.unref();
      },
    };
  }

  readonly #onData = (data: Buffer | string): void => {
    const chunk = typeof data === 'string' ? Buffer.from(data) : data;
    if (this.#borrower !== undefined) this.#borrower(chunk);
    else for (const byte of chunk) if (byte === CTRL_C) this.#onInterrupt();
  };

  readonly #onGone = (): void => this.#gone.abort();
}

/** A pause that begins when told; keys are dropped before it begins and until it is over. */
class Quiet {
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  over = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  begin(): void {
    this.end();
    // Timers fire before input is read: what came in while the process was busy is read, and dropped, before the immediate.
    this.#timer = setTimeout(() => {
      this.#immediate = setImmediate(() => {
        this.over = true;
      });
    }, this.#ms);
  }

  end(): void {
    this.over = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }
}
