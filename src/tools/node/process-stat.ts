/** What is needed of a line of `/proc/PID/stat` or `/proc/PID/task/TID/stat` (proc(5)). */
export interface ProcessStat {
  /** The thread's id, which for a leader is the process's. */
  readonly id: number;
  /** At most 15 bytes of anything: parentheses, spaces, other people's names. */
  readonly comm: string;
  /** One letter. */
  readonly state: string;
  readonly ppid: number;
  readonly threads: number;
  /** Clock ticks since boot: with the id, the identity of a process. */
  readonly startTicks: number;
}

/**
 * Reads a stat line: the id before the first `(`, the name between it and the last `)`, then the fields from the third
 * on, split on spaces (COMMANDS B.2; recorded worst case `137 (weird) (na me) Z 1 …`). `undefined` where it is no such line.
 */
export function parseStat(line: string): ProcessStat | undefined {
  const match = /^(\d+) \((.*)\) (\S) (.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, id = '', comm = '', state = '', rest = ''] = match;
  const fields = rest.trim().split(/ +/);
  // `rest` begins with field 4 of proc(5): threads are field 20, the start field 22.
  const [ppid, threads, startTicks] = [fields[0], fields[16], fields[18]].map(wholeNumber);
  if (ppid === undefined || threads === undefined || startTicks === undefined) return undefined;
  return { id: Number(id), comm, state, ppid, threads, startTicks };
}

/** A number without sign or fraction; `undefined` for anything else. */
export const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** A number without sign; `undefined` for anything else. */
export const decimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
