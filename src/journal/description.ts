import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from './digest.ts';
import { diskError, isErrno } from './disk-error.ts';
import { writeDurably } from './durable-file.ts';
import type { RunFolder } from './run-folder.ts';

const fileOf = (folder: RunFolder): string => join(folder.path, 'runbook.json');

/** Keeps what a run's runbook said when the run began: its digest is in the journal, and a digest cannot say what changed. */
export async function keepDescription(folder: RunFolder, description: unknown): Promise<void> {
  const path = fileOf(folder);
  try {
    await writeDurably(path, `${JSON.stringify(description)}\n`);
  } catch (error) {
    throw diskError('keep the runbook in', path, error);
  }
}

/** What the runbook said then; `undefined` where it was not kept, or is not what the digest was made of. */
export async function keptDescription(folder: RunFolder, digest: string): Promise<unknown> {
  const path = fileOf(folder);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw diskError('read the runbook in', path, error);
  }
  const kept = parsed(text);
  return digestOf(kept) === digest ? kept : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
