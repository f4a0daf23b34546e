import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { UndoStep } from './undo-step.ts';

/**
 * Remembers what the suite made and undoes it, newest first, when closed. The memory is in another
 * process, so that it happens as well when this one is killed before it can close anything.
 */
export class Undo {
  readonly #keeper: ChildProcessByStdio<Writable, Readable, null>;

  #closed: Promise<void> | undefined;

  constructor() {
    const keeper = join(import.meta.dirname, 'undo-keeper.ts');
    this.#keeper = spawn(process.execPath, [keeper], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /** Call it for a thing right after (or, where its name is known, right before) making it. */
  remember(step: UndoStep): void {
    this.#keeper.stdin.write(`${JSON.stringify(step)}\n`);
  }

  /** A folder of the suite's own that goes at the end. */
  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'sre-e2e-'));
    this.remember({ kind: 'folder', path });
    return path;
  }

  /** Undoes everything, once; throws with what could not be undone. */
  async close(): Promise<void> {
    this.#closed ??= this.#undoAll();
    await this.#closed;
  }

  async #undoAll(): Promise<void> {
    const exited = once(this.#keeper, 'exit');
    this.#keeper.stdin.end();
    const failures = await text(this.#keeper.stdout);
    const [code] = (await exited) as [number | null];
    if (code !== 0) throw new Error(`left behind (${code}):\n${failures}`);
  }
}
