import { runFolder } from '../journal/run-folder.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { holdersOf } from '../journal/lock.ts';
import { hasJournal, runIds } from '../journal/runs.ts';
import { SreError } from '../runbook/sre-error.ts';

/** The run that somebody means by its id, or by a beginning or an end of it that no other run has; the newest that has a journal, where none is named. */
export async function findRun(home: string, text: string | undefined): Promise<RunFolder> {
  const ids = await runIds(home);
  if (text === undefined) {
    for (const folder of ids.toReversed().map((id) => runFolder(home, id))) {
      // oxlint-disable-next-line no-await-in-loop -- the first that fits is the newest
      if (await hasJournal(folder)) return folder;
    }
    throw noRun('there are no runs yet', 'Begin one with `sre runbook`.');
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

/** The newest run that a living process has, if there is one. */
export async function runUnderWay(home: string): Promise<RunFolder | undefined> {
  for (const id of (await runIds(home)).toReversed()) {
    const folder = runFolder(home, id);
    // oxlint-disable-next-line no-await-in-loop -- the first that fits is the newest
    if ((await holdersOf(folder.path)).some((it) => it.liveness === 'alive')) return folder;
  }
  return undefined;
}

const noRun = (message: string, hint: string): SreError =>
  new SreError('no-such-run', message, { source: 'operator', hint });
