import { assume, type Assumed, lay } from './assumed.ts';
import type { LabNode } from './lab-node.ts';
import { readStat } from './process-identity.ts';
import { until } from './until.ts';

/** A process or thread inside a node, by its numbers there. */
export interface NodeTask {
  readonly pid: number;
  readonly tid: number;
  /** Field 22 of its stat file. */
  readonly startTime: string;
  /** Its state now (`S`, `D`, `Z`), or undefined when it is gone. */
  state(): Promise<string | undefined>;
  /** Whether it is still there, in whatever state. */
  isThere(): Promise<boolean>;
}

/** A port that a process listens on. */
export interface Port {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** Starts one of the fake programs inside the node and waits until its name is set. */
export async function startProgram(
  node: LabNode,
  program: string,
  comm: string,
  commandLine: string,
  path = '',
  ports: readonly Port[] = [],
): Promise<NodeTask> {
  if (comm.length > 15) throw new Error(`a comm has 15 characters at most: ${comm}`);
  const listens = ports.map(({ protocol, address, port }) => `${protocol}:${address}:${port}`);
  const args = [comm, commandLine, path, listens.join()];
  const pid = Number(await node.exec('perl', '-e', program, ...args));
  const proc = node.path('/proc');
  await until(`${comm} is named`, { seconds: 5, everyMs: 5 }, async () => {
    return (await readStat(pid, proc))?.comm === comm;
  });
  return taskOf(node, pid, pid);
}

/** A handle on a task that exists. */
export async function taskOf(node: LabNode, pid: number, tid: number): Promise<NodeTask> {
  const tasks = `/proc/${pid}/task`;
  const first = await readStat(tid, node.path(tasks));
  if (first === undefined) throw new Error(`${node.name} has no task ${pid}/${tid}`);
  const { startTime } = first;
  const { init } = node;
  const state = async (): Promise<string | undefined> => {
    const stat = await readStat(tid, `/proc/${init}/root${tasks}`);
    return stat?.startTime === startTime ? stat.state : undefined;
  };
  return { pid, tid, startTime, state, isThere: async () => (await state()) !== undefined };
}

/** Waits until the task is stuck in state D, then lays over its /proc what is assumed of it. */
export async function stuck(node: LabNode, task: NodeTask, assumed: Assumed): Promise<NodeTask> {
  await until('the task is in state D', { seconds: 10, everyMs: 10 }, async () => {
    return (await task.state()) === 'D';
  });
  await assume(node, task.pid, task.tid, assumed);
  await hideVforkChild(node, task);
  return task;
}

/** The child of a vfork has its parent's memory, so its command line would look like a second one. */
async function hideVforkChild(node: LabNode, { pid, tid }: NodeTask): Promise<void> {
  const children = (await node.read(`/proc/${pid}/task/${tid}/children`)).trim();
  if (children !== '') await lay(node, 'vfork-child', [`/proc/${children}`], 'cmdline');
}
