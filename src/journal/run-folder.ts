import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { SreError } from '../runbook/sre-error.ts';
import { diskError } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';
import { isRunId } from './run-id.ts';

/** Where one run lives: its events, and its large outputs. Only its owner may look. */
export interface RunFolder {
  readonly run: string;
  readonly path: string;
  /** `events.jsonl` */
  readonly events: string;
  /** The folder of large outputs, by digest. */
  readonly outputs: string;
}

/** The folder that holds all runs of a state home. */
export const runsFolder = (stateHome: string): string => join(stateHome, 'runs');

/** The places of a run, without touching the disk. Refuses what is not a run id: it would become a path. */
export function runFolder(stateHome: string, run: string): RunFolder {
  if (!isRunId(run)) {
    throw new SreError('no-run-id', `'${run}' is not the id of a run`, {
      source: 'operator',
      hint: 'a run id has 26 characters, such as 01K9VJ8Q2M7R4T6W8Y0A2C4E6G; `sre runs` lists them',
    });
  }
  const path = join(runsFolder(stateHome), run);
  return { run, path, events: join(path, 'events.jsonl'), outputs: join(path, 'outputs') };
}

/** Makes a run's folder (mode 0700, and so every folder above it that was missing), or finds it and closes it to others. */
export async function openRunFolder(stateHome: string, run: string): Promise<RunFolder> {
  const folder = runFolder(stateHome, run);
  try {
    await makeFolder(folder.outputs);
    await chmod(folder.path, 0o700);
    await chmod(folder.outputs, 0o700);
  } catch (error) {
    throw diskError('keep the run in', folder.path, error);
  }
  return folder;
}
