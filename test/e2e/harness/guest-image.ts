import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheRoot } from './cache.ts';

/** What a guest boots from: Debian's kernel, a first archive for its memory, and the file system that its disk lies over. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly disk: string;
  /** A list of what is in it, one package and its version a line, the kernel first. */
  readonly packages: string;
}

const RECIPE = join(import.meta.dirname, 'guest');
const PARTS = ['build-image.sh', 'initrd-init.sh'] as const;
const BUILD_DEADLINE_MS = 20 * 60_000;

/** The image of the suite's guests, building it into the cache folder when its recipe is new (2 min, once). */
export async function guestImage(): Promise<GuestImage> {
  const hash = createHash('sha256');
  for (const part of PARTS) {
    // oxlint-disable-next-line no-await-in-loop -- two small files
    hash.update(await readFile(join(RECIPE, part)));
  }
  const folder = join(cacheRoot(), `guest-${hash.digest('hex').slice(0, 16)}`);
  await mkdir(cacheRoot(), { recursive: true });
  // One build at a time per machine: a second caller waits here, and finds it made.
  const lock = ['--no-fork', join(cacheRoot(), 'guest-lock')];
  await execa('flock', [...lock, 'nice', 'sh', join(RECIPE, 'build-image.sh'), folder], {
    timeout: BUILD_DEADLINE_MS,
    stdin: 'ignore',
  });
  const [kernel, initrd, disk, packages] = ['kernel', 'initrd.gz', 'root.ext4', 'packages'].map(
    (name) => join(folder, name),
  ) as [string, string, string, string];
  return { kernel, initrd, disk, packages };
}
