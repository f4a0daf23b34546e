import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { diskError } from '../journal/disk-error.ts';
import { readJournal } from '../journal/read.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { planOf, readPlan, writePlan } from '../plan/saved.ts';
import type { SavedPlan } from '../plan/saved.ts';
import { SreError } from '../runbook/sre-error.ts';

/** More than a plan ever has; a larger file is another one. */
const MAX_BYTES = 4 * 1024 * 1024;

const noPlan = (path: string, says: string): SreError =>
  new SreError('plan-invalid', `${path} is no plan to hold a run to: ${says}`, {
    source: 'operator',
    hint: 'is it the right file?',
  });

/** The plan in a file; throws a {@link SreError} where it cannot be read or is none. */
export async function planFrom(path: string): Promise<SavedPlan> {
  try {
    // Without waiting: a pipe that nobody writes to would never open.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const it = await file.stat();
      if (!it.isFile()) throw noPlan(path, 'it is not a file');
      if (it.size > MAX_BYTES) throw noPlan(path, `it has ${it.size} bytes`);
      return readPlan(await file.readFile('utf8'), path);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message, hint, cause } = diskError('read the plan in', path, error);
    throw new SreError(code, message, {
      source: 'operator',
      ...(hint === undefined ? {} : { hint }),
      cause,
    });
  }
}

/** Throws where there is a file at that path already: a plan is saved over nothing. */
export async function refuseFile(path: string): Promise<void> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) return;
  throw new SreError('usage', `--out ${path}: there is a file already`, {
    source: 'operator',
    hint: 'a plan is saved over nothing: name another file, or remove that one',
  });
}

/**
 * Saves the plan that the run in this folder came to, for its owner alone and never over a file that is there. Gives what to
 * tell: where it is, or that there is none.
 */
export async function savePlan(folder: RunFolder, path: string): Promise<string> {
  const read = await readJournal(folder);
  if (!read.ok) throw read.error;
  const plan = planOf(read.events);
  if (plan === undefined) return `no plan was saved in ${path}: the run came to none`;
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(writePlan(plan));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw diskError('save the plan in', path, error);
  }
  const actions = plan.actions.map((it) => `${it.step}=${it.target.name}`).join(', ');
  return `the plan is in ${path}, digest ${plan.digest.slice(0, 12)}: ${actions}`;
}
