import { copyFile, constants, readFile } from 'node:fs/promises';
import { verifyChain } from './chain.ts';
import { diskError, isErrno } from './disk-error.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { lockFolder } from './lock.ts';
import { mustExist } from './read.ts';
import type { RunFolder } from './run-folder.ts';

/** What a salvage found: where the journal breaks, where the whole of it was put, and what its unsound part tells of. */
export interface Salvaged {
  readonly line: number;
  readonly because: string;
  readonly original: string;
  /** Commands that change something, in the part that cannot be trusted. They may have been sent, or never written by us. */
  readonly told: readonly string[];
}

/**
 * Goes back to the sound beginning of a journal whose chain is broken, under the run's lock. Nothing is lost: the whole file is
 * kept beside it first, durably. Only a person may ask for this, with a reason. `undefined`: the chain is not broken.
 */
export async function salvageJournal(folder: RunFolder): Promise<Salvaged | undefined> {
  await mustExist(folder);
  const lock = await lockFolder(folder.path, `run ${folder.run}`);
  try {
    const bytes = await readFile(folder.events);
    const chain = verifyChain(bytes, folder.run);
    if (chain.ok || chain.fault === 'format') return undefined;
    const { line, because, sound } = chain;
    const original = await keepWhole(folder);
    await writeDurably(folder.events, bytes.subarray(0, sound.length));
    return { line, because, original, told: mutationsIn(bytes.subarray(sound.length)) };
  } catch (error) {
    throw diskError('salvage the journal', folder.events, error);
  } finally {
    await lock.release();
  }
}

async function keepWhole(folder: RunFolder, nth = 1): Promise<string> {
  const path = `${folder.events}.unsound-${nth}`;
  try {
    await copyFile(folder.events, path, constants.COPYFILE_EXCL);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return keepWhole(folder, nth + 1);
    throw error;
  }
  await syncFolder(folder.path);
  return path;
}

/** Read leniently: what is not JSON tells of nothing. */
function mutationsIn(bytes: Uint8Array): readonly string[] {
  const told = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const event = parsed(line);
      const sent =
        event['type'] === 'intent.written' &&
        event['does'] === 'mutates' &&
        typeof event['about'] === 'string';
      return sent
        ? [`${String(event['about'])} (at ${String(event['at']).slice(11, 19)} UTC)`]
        : [];
    });
  return [...new Set(told)];
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const json = JSON.parse(line) as unknown;
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
