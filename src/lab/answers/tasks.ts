import { processesOn } from '../agent-processes.ts';
import { note } from '../change.ts';
import type { AnswerId } from '../marks/answers.ts';
import { cgroupOf, stateOf, statLine, threadsOf } from '../objects/process.ts';
import { stackOf } from '../objects/stack.ts';
import { kill } from '../rules/ending.ts';
import type { Node, Process, World } from '../world.ts';
import { head, records } from './records.ts';
import type { Records, Script } from './records.ts';

/** The tasks of a node: all that are blocked or dead, one of them, and the end of one (COMMANDS B.2, F). */

const taskRecords = (process: Process): Records =>
  threadsOf(process)
    .filter(({ state }) => state !== 'S')
    .flatMap((thread): Records => {
      const ids = [process.pid, thread.tid] as const;
      const task = ['task', ...ids, thread.wchan, cgroupOf(process), statLine(process, thread)];
      return process.mounting === undefined || thread.state !== 'D'
        ? [task]
        : [task, ['stack', ...ids, stackOf(process.mounting.waitsFor)]];
    });

/** What a scan finds at worst: nothing, what is blocked, or what is dead and cannot end. */
function kindOf({ processes }: Node): AnswerId {
  const states = new Set(processes.flatMap(threadsOf).map(({ state }) => state));
  if (states.has('Z')) return 'node/tasks-zombie';
  return states.has('D') ? 'node/tasks-blocked' : 'node/tasks-none';
}

/** Answers `node/tasks`. */
export const tasks: Script = (world, node) => {
  const uptime = ((world.at - node.bootedAt) / 1000).toFixed(2);
  return records(kindOf(node), [
    ...head(node),
    ['hz', 100],
    ['uptime', uptime],
    ...node.processes.flatMap(taskRecords),
  ]);
};

type Known = Pick<Process, 'pid' | 'startTicks' | 'comm'> & { readonly state: string };

/** A process of that id: those of the node, and its kubelet. */
function processOf(world: World, node: Node, pid: string): Known | undefined {
  const found = processesOn(world, node).find((it) => String(it.pid) === pid);
  if (found !== undefined) return { ...found, state: stateOf(found) };
  if (pid !== String(node.kubeletPid) || node.kubelet === 'down') return undefined;
  return { pid: Number(pid), startTicks: node.kubeletStart, comm: 'kubelet', state: 'S' };
}

/** Answers `node/task PID`. */
export const task: Script = (world, node, [pid = '']) => {
  const found = processOf(world, node, pid);
  return found === undefined
    ? records('node/task-gone', [['gone']])
    : records('node/task-found', [['found', found.pid, found.startTicks, found.state, found.comm]]);
};

/** Answers `node/kill-task PID START COMM`. */
export const killTask: Script = (world, node, [pid = '', start = '', comm = '']) => {
  const found = node.processes.find((it) => String(it.pid) === pid);
  if (found === undefined) return records('node/kill-gone', [['gone']]);
  if (String(found.startTicks) !== start || found.comm !== comm) {
    return records('node/kill-other', [['other', found.startTicks, found.comm]]);
  }
  const said = records('node/killed', [
    ['found', found.pid, found.startTicks, stateOf(found), found.comm],
    ['sent', 'KILL'],
  ]);
  const target = `${node.name}:${pid}:${comm}`;
  const struck = note(kill(world, node.name, found.pid), 'kill-task', target);
  // Whatever is no mount.nfs belongs to somebody: nobody may end it (DESIGN: promise 6).
  return found.mounting === undefined && found.comm !== 'mount.nfs'
    ? { world: { ...struck, killed: [...struck.killed, target] }, said }
    : { world: struck, said };
};
