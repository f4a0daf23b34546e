import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SreError } from '../runbook/sre-error.ts';
import { diskError, isErrno } from './disk-error.ts';
import { livenessOf, thisProcess } from './process-identity.ts';
import type { Liveness, ProcessIdentity } from './process-identity.ts';

/** A folder that belongs to this process until it is released. */
export interface Lock {
  /** What a person should know: a lock left behind by a dead process was taken over. */
  readonly notes: readonly string[];
  readonly release: () => Promise<void>;
}

/** Who holds a lock, as its file says. */
export interface Holder extends ProcessIdentity {
  readonly path: string;
  readonly liveness: Liveness;
}

const nameOf = ({ pid, start, boot, host }: ProcessIdentity): string =>
  `lock.${pid}.${start}.${boot}.${host}`;

function identityOf(name: string): ProcessIdentity | undefined {
  const [, pid, start, boot, host] =
    /^lock\.(\d{1,10})\.(\d+)\.([0-9a-f]{1,8})\.(.+)$/.exec(name) ?? [];
  return pid === undefined || start === undefined || boot === undefined || host === undefined
    ? undefined
    : { pid: Number(pid), start, boot, host };
}

/** The run for which a lock is held; `undefined` where it does not say, or is gone by now. */
export async function runOf({ path }: Holder): Promise<string | undefined> {
  try {
    const { run } = JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, unknown>>;
    return typeof run === 'string' ? run : undefined;
  } catch {
    // Half written, or released at this moment: who holds it is still known, and for what is only a courtesy.
    return undefined;
  }
}

/** Everyone who has a lock file in this folder, dead or alive. */
export async function holdersOf(folder: string): Promise<readonly Holder[]> {
  const found = (await readdir(folder)).flatMap((name) => {
    const identity = identityOf(name);
    return identity === undefined ? [] : [{ ...identity, path: join(folder, name) }];
  });
  return Promise.all(found.map(async (it) => ({ ...it, liveness: await livenessOf(it) })));
}

const inUse = (what: string, holder: string, hint: string): SreError =>
  new SreError('journal-locked', `${what} is in use by ${holder}`, { hint });

function heldBy(holder: Holder, what: string): SreError {
  return holder.liveness === 'alive'
    ? inUse(what, `process ${holder.pid} on this machine`, 'go on there, or end that process first')
    : inUse(
        what,
        `process ${holder.pid} on ${holder.host}`,
        `whether it still runs cannot be told from here; if it does not, remove ${holder.path}`,
      );
}

async function createLockFile(
  path: string,
  me: ProcessIdentity,
  what: string,
  run: string | undefined,
): Promise<void> {
  try {
    const handle = await open(path, 'wx', 0o600);
    try {
      const since = new Date().toISOString();
      await handle.writeFile(`${JSON.stringify({ ...me, since, run })}\n`);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      throw inUse(what, 'this very process', 'close it before opening it again');
    }
    throw diskError('write the lock', path, error);
  }
}

/**
 * Takes a folder for this process alone, or refuses and says who has it.
 *
 * Every contender first creates a file of its own, named after itself, and only then looks at the others': of two that come
 * at the same moment at least one sees the other and gives way, and no file is ever removed that a live process owns.
 *
 * @param what the thing as a person calls it: `run 01K9…`
 * @param run the run for which it is taken, where the folder is not the run's own: others can say who has it
 */
export async function lockFolder(folder: string, what: string, run?: string): Promise<Lock> {
  const me = await thisProcess();
  const mine = join(folder, nameOf(me));
  await createLockFile(mine, me, what, run);
  const release = async (): Promise<void> => rm(mine, { force: true });
  try {
    const others = (await holdersOf(folder)).filter((it) => it.path !== mine);
    const holder = others.find((it) => it.liveness !== 'dead');
    if (holder !== undefined) throw heldBy(holder, what);
    await Promise.all(others.map((it) => rm(it.path, { force: true })));
    const notes = others.map(
      (it) => `took over the lock on ${what} from process ${it.pid}, which is gone`,
    );
    return { notes, release };
  } catch (error) {
    await release();
    throw diskError('read the locks in', folder, error);
  }
}
