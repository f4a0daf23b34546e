import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A process told apart from any later one with the same number by its start time in ticks. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** One row of `/proc/PID/stat`, as far as the suite needs it. */
export interface ProcessStat extends ProcessIdentity {
  readonly comm: string;
  readonly state: string;
  readonly parent: number;
  readonly threads: number;
}

/** Reads `/proc/PID/stat` below `proc` (a node's own proc has another path); undefined when gone. */
export async function readStat(pid: number, proc = '/proc'): Promise<ProcessStat | undefined> {
  return parseStat(await readFile(`${proc}/${pid}/stat`, 'utf8').catch(() => ''));
}

/** Whether this very process still runs; a zombie does not. */
export async function isRunning({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  const stat = await readStat(pid);
  return stat?.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X';
}

/**
 * The identity of a process that was just started; throws when it is already gone. It is read at once: a suite that ends
 * between the start of a process and the note of it would leave it behind.
 */
export function identify(pid: number | undefined): ProcessIdentity {
  const stat = pid === undefined ? undefined : parseStat(statNow(pid));
  if (stat === undefined) throw new Error(`process ${pid} ended at once`);
  return { pid: stat.pid, startTime: stat.startTime };
}

function statNow(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0) return undefined;
  const fields = text.slice(close + 2).split(' ');
  return {
    pid: Number(text.slice(0, open)),
    comm: text.slice(open + 1, close),
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    threads: Number(fields[17]),
    startTime: fields[19] ?? '',
  };
}
