import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from './disk-error.ts';

/**
 * Makes a folder (mode 0700) and every one above it that is missing; one that is there stays as it is. Throws the system's error
 * as it is: made one by one, since Node's recursive mkdir says "no such file or folder" of a file system that is read-only.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (isErrno(error, 'ENOENT') && dirname(path) !== path) {
      await makeFolder(dirname(path));
      return makeFolder(path);
    }
    const there = isErrno(error, 'EEXIST') && (await stat(path)).isDirectory();
    if (!there) throw error;
  }
}
