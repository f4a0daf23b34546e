import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { O_DSYNC } from './durable-file.ts';

/** An append-only file of lines: what was appended is on disk when the promise settles. */
export interface LineFile {
  readonly append: (line: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const DURABLY = O_WRONLY | O_APPEND | O_NOFOLLOW | (O_DSYNC ?? 0);

/** Creates a file (mode 0600) that must not exist yet. Throws the system's error as it is. */
export const createLineFile = async (path: string): Promise<LineFile> =>
  lineFile(await open(path, DURABLY | O_CREAT | O_EXCL, 0o600), 0);

/** Opens a file that exists, to go on after its first `length` bytes, which the caller has seen to be all it has. */
export const openLineFile = async (path: string, length: number): Promise<LineFile> =>
  lineFile(await open(path, DURABLY), length);

function lineFile(handle: FileHandle, start: number): LineFile {
  let length = start;
  /** After a short write: the rest, or the reason why there is no room for it, and no half line left behind. */
  const finish = async (rest: Uint8Array): Promise<void> => {
    try {
      await handle.writeFile(rest);
    } catch (error) {
      // Where even that fails, the reader finds a torn line and a repair cuts it; the first error is the one to tell.
      await Promise.allSettled([handle.truncate(length)]);
      throw error;
    }
  };
  return {
    append: async (line) => {
      const bytes = Buffer.from(`${line}\n`);
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten < bytes.length) await finish(bytes.subarray(bytesWritten));
      length += bytes.length;
      if (O_DSYNC === undefined) await handle.datasync();
    },
    close: () => handle.close(),
  };
}
