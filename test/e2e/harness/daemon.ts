import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import type { Undo } from './undo.ts';
import { until } from './until.ts';

/** What to start in the background, where its output goes, and how to see that it is up. */
export interface DaemonSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly seconds: number;
  /** What to do with the process before it is ready. */
  started?(process: ProcessIdentity): Promise<void>;
  ready(): Promise<boolean>;
}

/** Starts a process in a session of its own and waits until it is ready; throws with its log. */
export async function startDaemon(undo: Undo, spec: DaemonSpec): Promise<ProcessIdentity> {
  const log = await open(spec.log, 'a');
  const child = spawn(spec.file, spec.args, {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  child.once('error', () => undefined);
  child.unref();
  try {
    const identity = identify(child.pid);
    undo.remember({ kind: 'process', process: identity });
    await spec.started?.(identity);
    await until(`${spec.file} is ready`, spec, async () => {
      if (!(await isRunning(identity))) throw new Error(`${spec.file} ended`);
      return spec.ready().catch(() => false);
    });
    return identity;
  } catch (error) {
    const tail = (await readFile(spec.log, 'utf8')).slice(-4000);
    throw new Error(`${spec.file} did not start:\n${tail}`, { cause: error });
  } finally {
    await log.close();
  }
}
