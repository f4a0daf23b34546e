import type { Event } from '../engine/events.ts';
import type { Journal } from '../engine/ports.ts';
import { SreError } from '../runbook/sre-error.ts';
import { diskError } from './disk-error.ts';
import { syncFolder } from './durable-file.ts';
import { encodeLine, HEADER, headerLine } from './line.ts';
import { createLineFile, openLineFile } from './line-file.ts';
import type { LineFile } from './line-file.ts';
import { lockFolder } from './lock.ts';
import { outputKeeper } from './output-files.ts';
import { chainOf, mustExist, rehydrated, tornError } from './read.ts';
import type { RunFolder } from './run-folder.ts';

/** A run's journal on disk, held by this process alone until it is closed. */
export interface FileJournal extends Journal {
  readonly folder: RunFolder;
  /** What it held when it was opened, whole; nothing for a new run. */
  readonly events: readonly Event[];
  /** What a person should know about the opening: a dead process's lock was taken over. */
  readonly notes: readonly string[];
  /** Waits for what is being appended, closes the file and gives up the lock. */
  readonly close: () => Promise<void>;
}

/** Where the next line goes. */
interface End {
  readonly file: LineFile;
  readonly digest: string;
  readonly seq: number;
  readonly events: readonly Event[];
}

async function create(folder: RunFolder): Promise<End> {
  const file = await createLineFile(folder.events);
  try {
    await file.append(HEADER);
    await syncFolder(folder.path);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { file, digest: headerLine.digest, seq: 0, events: [] };
}

async function resume(folder: RunFolder): Promise<End> {
  const chain = await chainOf(folder);
  if (chain.torn !== undefined) throw tornError(folder, chain.torn);
  const events = await rehydrated(chain.events, folder);
  const file = await openLineFile(folder.events, chain.length);
  return { file, digest: chain.digest, seq: events.length, events };
}

function outOfPlace(event: Event, folder: RunFolder, seq: number): SreError | undefined {
  return event.run === folder.run && event.seq === seq
    ? undefined
    : new SreError(
        'journal-out-of-order',
        `event ${event.seq} of run ${event.run} does not belong at ${seq} of ${folder.events}`,
        { source: 'bug' },
      );
}

/**
 * Opens a run's journal and its lock: a new one, which must not exist yet, or one to go on with, which is verified whole
 * first. Each event is one line, written with one write and fsynced before `append` settles. After a failure nothing more
 * is taken: what a full disk swallowed must not be followed by an event that seems to come right after the last good one.
 */
export async function openJournal(folder: RunFolder, as: 'new' | 'resumed'): Promise<FileJournal> {
  if (as === 'resumed') await mustExist(folder);
  const lock = await lockFolder(folder.path, `run ${folder.run}`);
  let end: End;
  try {
    end = await (as === 'new' ? create(folder) : resume(folder));
  } catch (error) {
    await lock.release();
    throw diskError(as === 'new' ? 'start the journal' : 'open the journal', folder.events, error);
  }
  const { file, events } = end;
  let { digest, seq } = end;
  let failure: SreError | undefined;
  const stored = outputKeeper(folder);

  const keep = async (event: Event): Promise<void> => {
    if (failure !== undefined) throw failure;
    try {
      const misplaced = outOfPlace(event, folder, seq + 1);
      if (misplaced !== undefined) throw misplaced;
      const line = encodeLine(await stored(event), digest);
      await file.append(line.text);
      ({ digest } = line);
      seq += 1;
    } catch (error) {
      failure = diskError('write to the journal', folder.events, error);
      throw failure;
    }
  };
  let queue: Promise<unknown> = Promise.resolve();
  return {
    folder,
    events,
    notes: lock.notes,
    append: (event) => {
      const turn = queue.then(() => keep(event));
      // The caller has the failure; the next turn finds it in `failure`.
      queue = Promise.allSettled([turn]);
      return turn;
    },
    close: async () => {
      await queue;
      try {
        await file.close();
      } finally {
        await lock.release();
      }
    },
  };
}
