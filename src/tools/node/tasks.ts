import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf } from './head.ts';
import { podUidOf } from './pod-uid.ts';
import { decimal, parseStat, wholeNumber } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';
import { waitChannel } from './wait-channel.ts';
import type { Killable } from './wait-channel.ts';

/** A thread that is blocked (`D`) or dead and not reaped (`Z`). */
export interface Task {
  readonly pid: number;
  readonly tid: number;
  /** At most 15 bytes; a tab or line feed in it reads as a space. */
  readonly comm: string;
  /** `Z` with more than one thread cannot be reaped: a sibling is in `D` (COMMANDS B.3). */
  readonly state: 'D' | 'Z';
  readonly ppid: number;
  readonly threads: number;
  /** Clock ticks since boot: with the id, the identity of the task. */
  readonly startTicks: number;
  /** Seconds since it started: it has been blocked for that long at most. */
  readonly ageSeconds: number;
  /** The kernel symbol it waits in; `-` or `0` where the kernel does not say. */
  readonly wchan: string;
  /** The pod whose control group it is in, as the API writes the UID. */
  readonly podUid?: string;
  /** Whether SIGKILL ends the wait. A zombie is dead already: `no`. */
  readonly killable: Killable;
  /** It waits in the NFS client, in RPC below it, or in the writeback of dirty pages. */
  readonly nfs: boolean;
  /** Of a blocked `mount.nfs`, seen by root: the kernel functions it is in, innermost first. */
  readonly stack?: readonly string[];
}

/** All blocked and dead threads of a node. None of them is not health: without `root` the wait channels are missing. */
export interface TaskScan {
  readonly bootId: string;
  /** Whether root asked. */
  readonly root: boolean;
  readonly tasks: readonly Task[];
}

/** Clock ticks per second of every current Linux architecture (USER_HZ); used where the node cannot say. */
const USER_HZ = 100;

/** A kernel function as `/proc/PID/stack` names it; compilers add suffixes (`.constprop.0`, `.isra.0`). */
const FRAME = /^[A-Za-z_][\w.]*$/;

/** Reads a `stack` record: pid, tid, frames. `undefined` where it is none. */
function toStack({ fields }: ScriptRecord): readonly [string, readonly string[]] | undefined {
  const [pid, tid, text] = fields;
  const frames = text?.split(' ') ?? [];
  if (wholeNumber(pid) === undefined || wholeNumber(tid) === undefined) return undefined;
  return frames.length > 0 && frames.every((frame) => FRAME.test(frame))
    ? [`${pid}/${tid}`, frames]
    : undefined;
}

function toTask(record: ScriptRecord, hz: number, uptime: number): Task | undefined {
  const [pid, tid, wchan, group, line] = record.fields;
  const stat = parseStat(line ?? '');
  const ids = [wholeNumber(pid), wholeNumber(tid)] as const;
  if (stat === undefined || ids[0] === undefined || ids[1] !== stat.id) return undefined;
  if (stat.state !== 'D' && stat.state !== 'Z') return undefined;
  const podUid = podUidOf(group ?? '');
  const { killable, nfs } = waitChannel(wchan ?? '');
  return {
    pid: ids[0],
    tid: stat.id,
    comm: stat.comm,
    state: stat.state,
    ppid: stat.ppid,
    threads: stat.threads,
    startTicks: stat.startTicks,
    ageSeconds: Math.max(0, Math.round((uptime - stat.startTicks / hz) * 10) / 10),
    wchan: wchan ?? '-',
    ...(podUid === undefined ? {} : { podUid }),
    killable: stat.state === 'Z' ? 'no' : killable,
    nfs: stat.state === 'D' && nfs,
  };
}

function readTasks(records: readonly ScriptRecord[]): Reading<TaskScan> {
  const head = headOf(records);
  const hz = wholeNumber(records.find((r) => r.kind === 'hz')?.rest) ?? USER_HZ;
  const uptime = decimal(records.find((r) => r.kind === 'uptime')?.rest);
  if (head === undefined || uptime === undefined || hz === 0) {
    return unparsable(
      'expected the boot id, the user id and the uptime of the node before its tasks',
    );
  }
  const stacks = new Map<string, readonly string[]>();
  for (const record of records.filter((r) => r.kind === 'stack')) {
    const stack = toStack(record);
    if (stack === undefined)
      return unparsable('expected the kernel functions a thread is in, and got something else');
    stacks.set(...stack);
  }
  const found: Task[] = [];
  for (const record of records.filter((r) => r.kind === 'task')) {
    const task = toTask(record, hz, uptime);
    if (task === undefined) {
      return unparsable(
        'expected a task in D or Z state with its stat line, and got something else',
      );
    }
    const stack = stacks.get(`${task.pid}/${task.tid}`);
    found.push(stack === undefined ? task : { ...task, stack });
  }
  return value({ ...head, tasks: found });
}

/** Every thread of a node in D or Z state. Only `/proc` is read, nothing that can hang on a dead mount; 15 s. */
export function tasks(node: string): Command<TaskScan> {
  return script<TaskScan>({
    where: { on: 'node', node },
    id: 'node.tasks',
    about: `look for blocked and dead threads on ${node}`,
    script: 'node/tasks',
    args: [],
    deadlineMs: 15_000,
    read: readTasks,
  });
}
