import { execa } from 'execa';

/** How a script ended, and what it printed. */
export interface Said {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const DEADLINE_MS = 180_000;

/** A root shell on a guest over SSH, for what the suite does there itself. */
export class GuestShell {
  readonly #config: string;
  readonly #name: string;

  constructor(config: string, name: string) {
    this.#config = config;
    this.#name = name;
  }

  /** Runs a script and gives its output; throws when it fails, at once where one of its commands does. */
  async run(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(`set -eu\n${script}`);
    if (code !== 0) throw new Error(`${this.#name}: ended with ${code}: ${stderr}\n${stdout}`);
    return stdout;
  }

  /** Runs a script, whatever it ends with; the arguments are words without blanks. */
  async try(script: string, args: readonly string[] = []): Promise<Said> {
    // From standard input, so that no line of it is in a command line that something may look for.
    const { exitCode, stdout, stderr } = await execa(
      'ssh',
      ['-F', this.#config, this.#name, ['exec', 'sh', '-s', '--', ...args].join(' ')],
      { input: script, reject: false, timeout: DEADLINE_MS },
    );
    return { code: exitCode, stdout, stderr };
  }

  /** Leaves a script running when the shell is gone. */
  async leave(script: string): Promise<void> {
    await this.run(
      `setsid sh -c '${script.replaceAll("'", `'\\''`)}' </dev/null >/dev/null 2>&1 &`,
    );
  }
}
