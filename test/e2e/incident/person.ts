import { setTimeout as sleep } from 'node:timers/promises';
import { type IPty, spawn } from '@lydell/node-pty';
import { Term } from '../../terminal/term.ts';
import { SRE, type Workplace } from './workplace.ts';

/** A person reads for a moment before typing; keys that come sooner are not taken (src/terminal/keyboard.ts). */
const READING_MS = 800;
const ECHO_MS = 2000;
const COLUMNS = 120;

/** A person at a real pseudo-terminal who runs the product there, and looks before typing. */
export class Person {
  readonly exited: Promise<number>;
  readonly #term = new Term(COLUMNS, 50);
  readonly #pty: IPty;
  #over = false;

  constructor(place: Workplace, args: readonly string[]) {
    this.#pty = spawn(SRE, [...args], {
      cols: COLUMNS,
      rows: 50,
      cwd: place.folder,
      env: { ...place.env, TERM: 'xterm-256color', NO_COLOR: '1' },
    });
    this.#pty.onData(this.#term.write);
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => {
        this.#over = true;
        resolve(exitCode);
      });
    });
  }

  /** Everything on the screen and above it. */
  screen(): Promise<string> {
    return this.#term.text();
  }

  /** Waits for text at which the screen stands still; throws with the screen when it does not come or the run ends first. */
  async sees(pattern: RegExp, seconds: number): Promise<RegExpExecArray> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const over = this.#over;
      const screen = await this.screen();
      const found = pattern.exec(screen);
      if (found !== null) return found;
      if (over || Date.now() > deadline) {
        throw new Error(
          `${over ? 'the run ended' : `${seconds} s`} without ${pattern}:\n${screen}`,
        );
      }
      await sleep(100);
    }
  }

  /** Waits for the prompt that asks for a name to go ahead, and gives the name that it shows. */
  async asked(seconds: number): Promise<string> {
    const [, name = ''] = await this.sees(/Type (\S+) to go ahead[^]{0,200}› *\n$/, seconds);
    return name;
  }

  /** Types a line at the prompt, sees it echoed, and presses Enter. */
  async types(text: string): Promise<void> {
    await sleep(READING_MS);
    const echo = new RegExp(`› ${text.replaceAll(/[^\w]/g, '\\$&')} *\\n$`);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      this.#pty.write(text);
      const deadline = Date.now() + ECHO_MS;
      while (Date.now() < deadline) {
        if (echo.test(await this.screen())) {
          this.#pty.write('\r');
          return;
        }
        await sleep(50);
      }
      // Ctrl-U: what came through of it is taken back.
      this.#pty.write('\u0015');
      await sleep(READING_MS);
    }
    throw new Error(`${text} was not echoed:\n${await this.screen()}`);
  }

  /** Ends the run if it has not ended. */
  leaves(): void {
    if (!this.#over) this.#pty.kill('SIGKILL');
  }
}
