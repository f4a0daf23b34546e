import { hex } from '../chance.ts';
import type { Process } from '../world.ts';

/** Processes as `/proc` shows them (COMMANDS B.2, B.3; evidence/lab-04). */

/** A thread: the main one has the process's own number. */
export interface Thread {
  readonly tid: number;
  readonly state: 'S' | 'D' | 'Z';
  /** `0` where the kernel names none. */
  readonly wchan: string;
}

/** The main thread's state: killed and held by another thread it is a zombie that cannot be reaped. */
export function stateOf(process: Process): 'S' | 'D' | 'Z' {
  if (process.killAt !== undefined && process.stuck !== undefined) return 'Z';
  return process.wchan === undefined ? 'S' : 'D';
}

/** The threads worth telling apart: the main one, and one that is stuck. */
export function threadsOf(process: Process): readonly Thread[] {
  const state = stateOf(process);
  const asleep = state === 'S' ? 'futex_wait_queue' : '0';
  const main: Thread = { tid: process.pid, state, wchan: process.wchan ?? asleep };
  const { stuck } = process;
  return stuck === undefined ? [main] : [main, { tid: stuck.tid, state: 'D', wchan: stuck.wchan }];
}

/** Threads of a killed process: the zombie leader, and the one that cannot end (COMMANDS B.3). */
export const threadCount = (process: Process): number =>
  stateOf(process) === 'Z' ? 2 : process.threads;

/** The line of `/proc/PID/task/TID/stat`. */
export function statLine(process: Process, { tid, state }: Thread): string {
  const flags = state === 'Z' ? 4_228_108 : 4_194_368;
  const start = process.startTicks + (tid === process.pid ? 0 : 3);
  const after = [
    [state, process.ppid, process.pid, process.pid, 0, -1, flags, 76, 0, 0, 0],
    [19, 8, 0, 0, 20, 0, threadCount(process), 0, start],
    [state === 'Z' ? 0 : 1_294_688_256, state === 'Z' ? 0 : 36_112, '18446744073709551615'],
    [0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ].flat();
  return `${tid} (${process.comm}) ${after.join(' ')}`;
}

/** The control group of a pod's process under the systemd driver: the UID with underscores. */
export function cgroupOf(process: Process): string {
  if (process.podUid === undefined) return '/system.slice/kubelet.service';
  const slice = `kubepods-burstable-pod${process.podUid.replaceAll('-', '_')}.slice`;
  const scope = `cri-containerd-${hex(64, process.podUid, process.container ?? process.comm)}.scope`;
  return `/kubepods.slice/kubepods-burstable.slice/${slice}/${scope}`;
}
