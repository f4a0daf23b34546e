import { wholeNumber } from './process-stat.ts';
import type { ScriptRecord } from './script.ts';

/** A process by what a reused process id does not share. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  readonly comm: string;
}

/** A process with its state (one letter, as in proc(5)) and how many threads it has. */
export interface Process extends ProcessIdentity {
  readonly state: string;
  readonly threads: number;
}

/** Reads a `proc` record: pid, start, state, threads, command name. `undefined` where it is none. */
export function parseProcess({ fields }: ScriptRecord): Process | undefined {
  const [pid, startTicks, threads] = [fields[0], fields[1], fields[3]].map(wholeNumber);
  const state = fields[2];
  if (pid === undefined || startTicks === undefined || threads === undefined) return undefined;
  if (state === undefined || !/^[A-Za-z]$/.test(state)) return undefined;
  return { pid, startTicks, state, threads, comm: fields.slice(4).join('\t') };
}
