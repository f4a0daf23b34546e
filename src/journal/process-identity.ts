import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isErrno } from './disk-error.ts';

/** A process that no other one can be mistaken for: ids are used again, a start time within one boot is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot; `0` where the system has no /proc. */
  readonly start: string;
  /** The first 8 characters of the boot id; `0` where the system has none. */
  readonly boot: string;
  /** The machine's name, fit for a file name. */
  readonly host: string;
}

/** Whether a process still runs. `unknown`: it is on another machine. */
export type Liveness = 'alive' | 'dead' | 'unknown';

const thisHost = (): string => encodeURIComponent(hostname());

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ESRCH: the process ended between the opening and the reading.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return undefined;
    throw error;
  }
}

/** State and start time from /proc/PID/stat; the name in parentheses may hold anything, so fields count from its end. */
async function statOf(pid: number): Promise<{ state: string; start: string } | undefined> {
  const stat = await read(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields?.[0], fields?.[19]];
  return state === undefined || start === undefined ? undefined : { state, start };
}

const bootOf = async (): Promise<string> =>
  (await read('/proc/sys/kernel/random/boot_id'))?.slice(0, 8) ?? '0';

/** Who this process is. */
export async function thisProcess(): Promise<ProcessIdentity> {
  const stat = await statOf(process.pid);
  return {
    pid: process.pid,
    start: stat?.start ?? '0',
    boot: await bootOf(),
    host: thisHost(),
  };
}

function answersSignals(pid: number): Liveness {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return isErrno(error, 'ESRCH') ? 'dead' : 'alive';
  }
}

/** Whether a process, as it was once recorded, still runs. What cannot be told is never `dead`. */
export async function livenessOf(it: ProcessIdentity): Promise<Liveness> {
  if (it.host !== thisHost()) return 'unknown';
  const boot = await bootOf();
  if (boot === '0' || it.boot === '0') return answersSignals(it.pid);
  if (it.boot !== boot) return 'dead';
  const stat = await statOf(it.pid);
  return stat === undefined || stat.start !== it.start || stat.state === 'Z' ? 'dead' : 'alive';
}
