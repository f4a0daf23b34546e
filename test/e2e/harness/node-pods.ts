import { appendFile } from 'node:fs/promises';
import { POD_PROGRAM } from './fake-process.ts';
import { assume } from './assumed.ts';
import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';
import { ownDisk } from './node-disk.ts';
import { type NodeTask, type Port, startProgram, stuck, taskOf } from './node-task.ts';
import { until } from './until.ts';

/** A pod as a node knows it. */
export interface NodePodSpec {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** The container: `vault` when not said. */
  readonly container?: string;
  /** The comm of its process: the name of the container when not said. */
  readonly comm?: string;
  readonly commandLine?: string;
  /** What its process listens on, in the network of the node. */
  readonly listens?: readonly Port[];
}

/** How a thread of a pod is to get stuck. */
export interface StuckThread {
  /** Assumed, not real. */
  readonly wchan: string;
  readonly stack?: string;
  /** Real: false means that SIGKILL leaves a zombie whose thread stays in D. */
  readonly killable: boolean;
}

/** A container of a pod inside a node: one process (state S, real) and its log file (real). */
export interface NodePod {
  readonly task: NodeTask;
  /** Its path inside the node. */
  readonly logPath: string;
  /** Appends lines in CRI format with the node's time of now, or with `at`. */
  log(lines: readonly string[], at?: Date): Promise<void>;
  /** Gives the process a thread in state D beside its S leader. */
  stick(thread: StuckThread): Promise<NodeTask>;
  /** What a thread in D that is killable waits for is there: it goes on, asleep. */
  release(thread: NodeTask): Promise<void>;
  /** Kills the process and removes the log, as the kubelet does; what is unkillable stays. */
  remove(): Promise<void>;
}

/**
 * Adds a container to a node. Real: process, threads, states, log file. Assumed: its cgroup row and,
 * for a stuck thread, the wchan.
 */
export async function addPod(node: LabNode, spec: NodePodSpec): Promise<NodePod> {
  const { uid, namespace, name, container = 'vault' } = spec;
  const { comm = container } = spec;
  const commandLine = spec.commandLine ?? `${container} server -config=/tmp/storageconfig.hcl`;
  const folder = `/var/log/pods/${namespace}_${name}_${uid}`;
  const logPath = `${folder}/${container}/0.log`;
  await node.write(logPath, '');
  const frozen = `${NODE_FOLDER}/frozen/${uid}`;
  const ports = spec.listens ?? [];
  const task = await startProgram(node, POD_PROGRAM, comm, commandLine, frozen, ports);
  const { pid } = task;
  await assume(node, pid, pid, { cgroupOf: uid });
  return {
    task,
    logPath,
    log: async (lines, at = node.now()) => {
      const time = at.toISOString().replace('Z', '000000Z');
      const text = lines.map((line) => `${time} stdout F ${line}\n`).join('');
      await appendFile(node.path(logPath), text);
    },
    stick: async ({ wchan, stack, killable }) => {
      if (!killable) await freeze(node, frozen);
      const before = new Set(await threads(node, pid));
      await node.run(`kill -${killable ? 'USR1' : 'USR2'} ${pid}`);
      const tid = await until('a thread of the pod', { seconds: 10, everyMs: 20 }, async () => {
        return (await threads(node, pid)).find((id) => !before.has(id));
      });
      const assumed = { wchan, cgroupOf: uid, ...(stack === undefined ? {} : { stack }) };
      return stuck(node, await taskOf(node, pid, tid), assumed);
    },
    release: async (thread) => {
      await node.run(`kill -KILL $(cat /proc/${pid}/task/${thread.tid}/children)`);
      await until('it goes on', { seconds: 5 }, async () => (await thread.state()) === 'S');
    },
    remove: async () => {
      await node.run(`kill -KILL ${pid} || :\nrm -rf ${folder}`);
    },
  };
}

async function threads(node: LabNode, pid: number): Promise<readonly number[]> {
  return (await node.run(`ls /proc/${pid}/task`)).split('\n').map(Number);
}

/** A frozen ext4 of its own: whoever writes to it waits in D and cannot be killed. */
async function freeze(node: LabNode, path: string): Promise<void> {
  await node.run(`
    [ ! -d ${path} ] || exit 0
    ${ownDisk(path, 4)}
    fsfreeze -f ${path}`);
}
