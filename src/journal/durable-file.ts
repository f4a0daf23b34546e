import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { isErrno } from './disk-error.ts';
import { makeFolder } from './make-folder.ts';

/** Makes the names in a folder survive a power cut: a file's own fsync does not. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file that is there whole or not at all: a new file (mode 0600) beside it, fsynced, renamed over it, and the
 * folder fsynced. Throws the system's error as it is.
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const fresh = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = await open(fresh, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * With it a write returns when its bytes are on disk, as a write and fdatasync(2) would, in one call instead of two (open(2),
 * Synchronized I/O). Not every system has it, whatever the type says.
 */
export const O_DSYNC: number | undefined = constants.O_DSYNC;

async function openFresh(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | (O_DSYNC ?? 0), 0o600);
  } catch (error) {
    if (isErrno(error, 'EEXIST') || isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Writes a file that is named by its content, with two syncs where `writeDurably` needs four calls more: what a crash leaves
 * of it half written has no reader, since nothing refers to it yet, and is written over, whole, by whoever keeps the same
 * again. Throws the system's error as it is.
 */
export async function writeNamedByContent(path: string, content: string): Promise<void> {
  const handle = await openFresh(path);
  if (handle === undefined) return writeDurably(path, content);
  try {
    await handle.writeFile(content);
    if (O_DSYNC === undefined) await handle.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path));
}
