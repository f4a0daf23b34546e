import type { Observation } from '../../../src/runbook/observation.ts';
import type { NfsState } from '../../../src/tools/node/nfs-state.ts';
import { deadHolders } from '../../../src/tools/node/poisoner.ts';
import type { DeadHolder } from '../../../src/tools/node/poisoner.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import { isNfsSymbol } from '../../../src/tools/node/wait-channel.ts';

/** What of a node's tasks is stuck in its NFS client, and not merely slow. */

type Scan = Observation<TaskScan> | undefined;

/** `mount.nfs` and `mount.nfs4`, whatever they wait for. */
export const isMount = (task: Pick<Task, 'comm'>): boolean => task.comm.startsWith('mount.nfs');

const keyOf = (task: Task): string => `${task.pid}/${task.tid}/${task.startTicks}`;

/** Tasks of the last scan that every scan shows in the same state: one look alone may catch a moment (COMMANDS A.4, L6). */
export function steadyTasks(scans: readonly Scan[]): readonly Task[] {
  const seen = scans.map((it) => (it?.ok === true ? it.value.tasks : []));
  const last = seen.at(-1) ?? [];
  return last.filter((task) =>
    seen.every((scan) => scan.some((it) => keyOf(it) === keyOf(task) && it.state === task.state)),
  );
}

/** Mounts that are stuck in NFS: while there is one, no other is tried (COMMANDS B.5). The name alone proves nothing. */
export const stuckMounts = (tasks: readonly Task[]): readonly Task[] =>
  tasks.filter((task) => task.state === 'D' && isMount(task) && task.nfs);

/** Threads in D that wait for NFS: mounts, and others whose wait channel is NFS's own. Writeback alone may be a local disk's. */
export const waitingForNfs = (tasks: readonly Task[]): readonly Task[] => {
  const mounts = new Set(stuckMounts(tasks));
  return tasks.filter(
    (task) => mounts.has(task) || (task.state === 'D' && isNfsSymbol(task.wchan)),
  );
};

/**
 * Processes that are dead and hold the NFS client: their thread waits in NFS itself, or in the writeback of dirty pages while
 * their pod has an NFS mount, or one that was taken off the table lives on (COMMANDS B.4).
 */
export function nfsHolders(
  tasks: readonly Task[],
  state: Observation<NfsState> | undefined,
): readonly DeadHolder[] {
  const mounts = state?.ok === true ? state.value.mounts : [];
  const ghosts = state?.ok === true ? state.value.ghosts : [];
  const onNfs = ({ leader, thread }: DeadHolder): boolean =>
    isNfsSymbol(thread.wchan) ||
    (thread.nfs &&
      (ghosts.length > 0 ||
        mounts.some((it) => it.podUid !== undefined && it.podUid === leader.podUid)));
  return deadHolders(tasks).filter(onNfs);
}

/** How a stuck task reads on a screen. */
export const sayTask = (task: Task): string =>
  `${task.comm} (pid ${task.pid}) waits in ${task.wchan}`;

/** How a dead holder reads on a screen. */
export const sayHolder = ({ leader, thread }: DeadHolder): string =>
  `${leader.comm} (pid ${leader.pid}) is a zombie with a thread that cannot end (in ${thread.wchan})`;
