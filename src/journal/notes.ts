import { access, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, isErrno } from './disk-error.ts';
import { writeDurably } from './durable-file.ts';
import type { RunFolder } from './run-folder.ts';

/** A note for a run that another process holds: it lies beside the journal until that process takes it in. */
export interface LeftNote {
  readonly note: string;
  readonly by: string;
}

const inbox = (folder: RunFolder): string => join(folder.path, 'notes');

/** Leaves a note for whoever holds the run, durably. `id` sorts by time: a run id will do. */
export async function leaveNote(folder: RunFolder, id: string, note: LeftNote): Promise<void> {
  const path = join(inbox(folder), `${id}.json`);
  try {
    await writeDurably(path, `${JSON.stringify(note)}\n`);
  } catch (error) {
    throw diskError('leave the note in', path, error);
  }
}

/** Whether a note lies there still: nobody has taken it in. */
export async function liesThere(folder: RunFolder, id: string): Promise<boolean> {
  const path = join(inbox(folder), `${id}.json`);
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw diskError('look for the note in', path, error);
  }
}

/**
 * Takes in what was left, the oldest first: each is removed once `keep` has it in the journal. A tool that is killed between
 * the two leaves the note to be taken in again: said twice rather than lost.
 */
export async function takeNotes(
  folder: RunFolder,
  keep: (note: string, by: string) => Promise<void>,
): Promise<number> {
  let names: readonly string[];
  try {
    names = await readdir(inbox(folder));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw diskError('look for notes in', inbox(folder), error);
  }
  const left = names.filter((it) => it.endsWith('.json')).toSorted();
  for (const name of left) {
    const path = join(inbox(folder), name);
    // oxlint-disable-next-line no-await-in-loop -- they come into the journal in their order
    const { note, by } = noteIn(await readFile(path, 'utf8'));
    // oxlint-disable-next-line no-await-in-loop
    await keep(note, by);
    // oxlint-disable-next-line no-await-in-loop
    await rm(path, { force: true });
  }
  return left.length;
}

function noteIn(text: string): LeftNote {
  try {
    const { note, by } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof note === 'string' && typeof by === 'string') return { note, by };
  } catch {
    // What is no note of ours is still something that somebody wrote down.
  }
  return { note: text.trim(), by: 'unknown' };
}
