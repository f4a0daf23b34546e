import { readdir } from 'node:fs/promises';
import { diskError, isErrno } from '../journal/disk-error.ts';
import { runFolder, runsFolder } from '../journal/run-folder.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { isRunId } from '../journal/run-id.ts';
import { SreError } from '../runbook/sre-error.ts';

/** The run that somebody means by its id, or by a beginning or an end of it that no other run has; the newest, where none is named. */
export async function findRun(home: string, text: string | undefined): Promise<RunFolder> {
  const ids = await idsIn(runsFolder(home));
  if (text === undefined) {
    const newest = ids.at(-1);
    if (newest === undefined) throw noRun('there are no runs yet', 'Begin one with `sre runbook`.');
    return runFolder(home, newest);
  }
  const part = text.toUpperCase();
  if (ids.includes(part)) return runFolder(home, part);
  const meant = part === '' ? [] : ids.filter((it) => it.startsWith(part) || it.endsWith(part));
  const [only, second] = meant;
  if (only !== undefined && second === undefined) return runFolder(home, only);
  throw second === undefined
    ? noRun(`there is no run '${text}'`, '`sre runs` lists them.')
    : noRun(`'${text}' may be any of ${meant.length} runs`, 'Give more of its id.');
}

const noRun = (message: string, hint: string): SreError =>
  new SreError('no-such-run', message, { source: 'operator', hint });

async function idsIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter(isRunId).toSorted();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw diskError('list the runs in', folder, error);
  }
}
