import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { LabNode } from './lab-node.ts';

/**
 * A script of the suite inside the network and PID namespaces of a node, so that it dies with the node. It reads one `State`
 * per line of its input, says `ok` when it is up and whenever it behaves so, and ends with its input.
 */
export class Steered<State> {
  readonly #what: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #acknowledgements: Interface;

  private constructor(what: string, child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#what = what;
    this.#child = child;
    this.#acknowledgements = createInterface({ input: child.stdout });
  }

  /** Starts the script of this folder and waits until it is up. */
  static async start<State>(
    node: LabNode,
    script: string,
    args: readonly string[],
  ): Promise<Steered<State>> {
    const run = [process.execPath, join(import.meta.dirname, script), ...args];
    const child = spawn('nsenter', ['-t', String(node.init), '-n', '-p', ...run], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    const it = new Steered<State>(`${script} ${args.join(' ')}`, child);
    await it.#acknowledged();
    return it;
  }

  /** Tells it its state; resolves once it behaves so. */
  async become(state: State): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify(state)}\n`);
    await this.#acknowledged();
  }

  /** Ends the process; its ports then refuse connections. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
  }

  async #acknowledged(): Promise<void> {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      const answer = once(this.#acknowledgements, 'line', { signal });
      const end = once(this.#child, 'exit', { signal }).then(() => {
        throw new Error(`${this.#what} ended`);
      });
      await Promise.race([answer, end]);
    } finally {
      waiting.abort();
    }
  }
}
