import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileText, FIXTURES, type Recording } from '../../recordings/recording.ts';
import type { Asked } from './recorder.ts';

/** How many files were written, and how many say what was said now. */
export interface Written {
  readonly written: number;
  readonly same: number;
}

/** Writes recordings to their files; one that says the same as before keeps its file, with its day. */
export async function writeRecordings(all: Iterable<Asked>): Promise<Written> {
  let [written, same] = [0, 0];
  for (const { name, recording } of all) {
    const path = join(FIXTURES, recording.component, recording.version, `${name}.json`);
    // oxlint-disable-next-line no-await-in-loop -- small files, one after the other
    const before = await readFile(path, 'utf8').catch(() => undefined);
    if (before !== undefined && saysTheSame(JSON.parse(before) as Recording, recording)) {
      same += 1;
      continue;
    }
    // oxlint-disable-next-line no-await-in-loop
    await mkdir(dirname(path), { recursive: true });
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(path, fileText(recording));
    written += 1;
  }
  return { written, same };
}

const saysTheSame = (before: Recording, now: Recording): boolean =>
  fileText({ ...before, recorded: '' }) === fileText({ ...now, recorded: '' });
