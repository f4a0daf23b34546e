import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type IPty } from '@lydell/node-pty';
import type { Terminal as HeadlessTerminal } from '@xterm/headless';
import type { TerminalOutput } from '../../src/terminal/screen.ts';

const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as {
  Terminal: typeof HeadlessTerminal;
};

/** A screen that remembers all its lines, as a person would see them after scrolling up. */
export class Term {
  readonly columns: number;
  readonly #terminal: HeadlessTerminal;
  #written: Promise<void> = Promise.resolve();

  constructor(columns = 80, rows = 30) {
    this.columns = columns;
    this.#terminal = new Terminal({
      cols: columns,
      rows,
      scrollback: 2000,
      allowProposedApi: true,
      convertEol: true,
    });
  }

  readonly write = (text: string): void => {
    this.#written = new Promise((resolve) => {
      this.#terminal.write(text, resolve);
    });
  };

  /** Everything on the screen and above it, without what is blank at the end. */
  async text(): Promise<string> {
    await this.#written;
    const buffer = this.#terminal.buffer.active;
    const lines = Array.from(
      { length: buffer.length },
      (_, i) => buffer.getLine(i)?.translateToString(true) ?? '',
    );
    return `${lines.join('\n').trimEnd()}\n`;
  }

  /** Where the cursor is, from 0. */
  async cursor(): Promise<number> {
    await this.#written;
    return this.#terminal.buffer.active.cursorX;
  }

  /** This screen as a stream that a renderer writes to. */
  output(): TerminalOutput {
    const { columns, write } = this;
    return { isTTY: true, columns, rows: 30, write } as unknown as TerminalOutput;
  }
}

const PATIENCE_MS = 45_000;

/** Programs that are started again and again are compiled once, as the launcher of sre does for itself. */
const COMPILE_CACHE = join(tmpdir(), 'sre-tests-compile-cache');

/** What a program wrote last may arrive after the word that it ended. */
const LAST_WORDS_MS = 2_000;

/** Waits until `holds`, looking often; says what the screen showed when it gives up, at once where the program is over. */
async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  show: () => Promise<string>,
  endedAt: () => number | undefined,
): Promise<T> {
  const giveUp = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const now = performance.now();
    const over = now > (endedAt() ?? Number.POSITIVE_INFINITY) + LAST_WORDS_MS;
    if (over || now > giveUp) throw new Error(`waited for ${what}; saw:\n${await show()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 15);
    });
  }
}

/** A program in a real pseudo-terminal, with its screen. */
export class Pty {
  readonly term: Term;
  readonly #pty: IPty;
  readonly exited: Promise<number>;
  #endedAt: number | undefined;

  constructor(
    file: string,
    args: readonly string[],
    columns = 100,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.term = new Term(columns);
    this.#pty = spawn(file, [...args], {
      cols: columns,
      rows: 30,
      env: {
        PATH: process.env['PATH'] ?? '',
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        NO_COLOR: '1',
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        ...env,
      },
    });
    this.#pty.onData(this.term.write);
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => {
        this.#endedAt = performance.now();
        resolve(exitCode);
      });
    });
  }

  readonly send = (keys: string): void => this.#pty.write(keys);

  /** Waits for text on the screen. */
  sees(pattern: RegExp): Promise<string> {
    const look = async (): Promise<string | undefined> => pattern.exec(await this.term.text())?.[0];
    return this.#until(String(pattern), look);
  }

  #until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    return until(
      what,
      look,
      () => this.term.text(),
      () => this.#endedAt,
    );
  }

  /**
   * Types like a person who looks: presses the first key again until it is echoed (a prompt takes none before it stood
   * still for a moment), then the rest, then Enter.
   */
  async type(text: string): Promise<void> {
    const [first = '', ...rest] = text;
    const key = first.replaceAll(/[\\+*?.()[\]{}|^$]/g, '\\$&');
    const caret = new RegExp(`› ${key}\\s*$`);
    const repeated = new RegExp(`› ((?:${key})+)\\s*$`);
    let sentAt = 0;
    await this.#until(`an echo of '${first}'`, async () => {
      const screen = await this.term.text();
      if (caret.test(screen)) return true;
      const echoes = repeated.exec(screen)?.[1]?.length ?? 0;
      if (echoes > 1) {
        // The machine was slow, and both presses counted: one is taken back.
        this.send('\u007f'.repeat(echoes - 1));
        sentAt = performance.now() + 500;
      } else if (performance.now() - sentAt > 250) {
        sentAt = performance.now();
        this.send(first);
      }
      return undefined;
    });
    this.send(rest.join(''));
    await this.sees(new RegExp(`› ${text.replace(/[^\w]/g, '\\$&')}\\s*$`));
    this.send('\r');
  }

  /** The line that the program ends with. */
  async outcome(): Promise<string> {
    return (await this.sees(/^(?:RESULT|REJECTED) .*$/m)).trim();
  }

  kill(): void {
    this.#pty.kill('SIGKILL');
  }
}
