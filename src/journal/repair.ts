import { open } from 'node:fs/promises';
import { diskError } from './disk-error.ts';
import { HEADER } from './line.ts';
import { lockFolder } from './lock.ts';
import { chainOf, mustExist } from './read.ts';
import type { RunFolder } from './run-folder.ts';

/** What a repair did to a journal. */
export interface Repaired {
  /** 0: nothing was lost; at most a line's end was missing. */
  readonly droppedBytes: number;
}

/**
 * Cuts off an incomplete last line, under the run's lock. It was never acted upon: an intent is on disk before its command
 * leaves. Everything else is left alone, and a broken chain is refused: there is no honest repair for it.
 */
export async function repairJournal(folder: RunFolder): Promise<Repaired> {
  await mustExist(folder);
  const lock = await lockFolder(folder.path, `run ${folder.run}`);
  try {
    const { length, torn } = await chainOf(folder);
    if (torn === undefined) return { droppedBytes: 0 };
    const handle = await open(folder.events, 'r+');
    try {
      await handle.truncate(length);
      if (length === 0) await handle.write(`${HEADER}\n`, 0);
      else if (torn.droppedBytes === 0) await handle.write('\n', length);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { droppedBytes: torn.droppedBytes };
  } catch (error) {
    throw diskError('repair the journal', folder.events, error);
  } finally {
    await lock.release();
  }
}
