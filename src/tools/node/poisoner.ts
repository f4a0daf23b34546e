import type { Task } from './tasks.ts';

/** `mount.nfs`, and `mount.nfs4` where that is what was called. */
const isMountNfs = ({ comm }: Task): boolean => /^mount\.nfs4?$/.test(comm);

/** Functions a mount is in while it sets up the node's client of a server (COMMANDS B.2; evidence of lab 08, REALITY 4d). */
const SET_UP = /exchange_id|discover_server_trunking|nfs4_init_client/;

/** Waiting for the reply to an RPC, by whatever suffix the compiler gave it. */
const waitsForReply = ({ wchan }: Task): boolean => wchan.startsWith('rpc_wait_bit_killable');

/**
 * Whether this is the poisoner: a `mount.nfs` that waits for its server in the middle of setting up the node's client,
 * so that every later mount that needs a new client waits behind it (COMMANDS B.2, B.7; lab 09, 10). Its stack proves
 * it; without root there is no stack, and nothing is proven.
 */
export const initiatesClient = (task: Task): boolean =>
  isMountNfs(task) &&
  task.state === 'D' &&
  waitsForReply(task) &&
  (task.stack ?? []).some((frame) => SET_UP.test(frame));

/** A process that is dead and cannot be reaped, and the thread of it that cannot end. */
export interface DeadHolder {
  readonly leader: Task;
  readonly thread: Task;
}

/**
 * Processes that are dead and still hold what they had: a zombie leader, and another thread of it in D. It keeps its port and its
 * mounts, and only a reset of the node clears it (COMMANDS B.3; lab 04, 07). A zombie leader alone is none: a program whose main
 * thread has left by pthread_exit(3) looks so for as long as it runs.
 */
export const deadHolders = (tasks: readonly Task[]): readonly DeadHolder[] =>
  tasks
    .filter((task) => task.state === 'Z' && task.threads > 1)
    .flatMap((leader) => {
      const thread = tasks.find(
        (task) => task.pid === leader.pid && task.tid !== leader.tid && task.state === 'D',
      );
      return thread === undefined ? [] : [{ leader, thread }];
    });

/** The poisoner first, then who waits for a reply, then who waits behind another's set-up, then the rest. */
function rank(task: Task): number {
  if (initiatesClient(task)) return 0;
  if (waitsForReply(task)) return 1;
  return task.wchan.startsWith('nfs_wait_client_init_complete') ? 2 : 3;
}

/**
 * The stuck `mount.nfs` that SIGKILL ends, in the order to kill them: who holds the set-up up before who waits behind
 * it, the older one first. One that waits for a mutex in `nfs4_discover_server_trunking` is not among them: it goes free
 * once the holder is killed (REALITY 4c). Never a task of an application.
 */
export const killOrder = (tasks: readonly Task[]): readonly Task[] =>
  tasks
    .filter((task) => isMountNfs(task) && task.state === 'D' && task.killable === 'yes')
    .toSorted(
      (a, b) => rank(a) - rank(b) || b.ageSeconds - a.ageSeconds || a.pid - b.pid || a.tid - b.tid,
    );
