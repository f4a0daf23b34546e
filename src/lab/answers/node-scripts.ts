import { processesOn } from '../agent-processes.ts';
import { between } from '../chance.ts';
import { note } from '../change.ts';
import { mountLine } from '../objects/mount.ts';
import { cgroupOf, stateOf, statLine, threadCount, threadsOf } from '../objects/process.ts';
import { hasLog, logText } from '../objects/small.ts';
import { kill } from '../rules/ending.ts';
import type { Node, Process, World } from '../world.ts';
import { removeSandboxScript, sandboxes, stopSandboxScript } from './crictl.ts';
import { portOwner } from './ports.ts';
import { head, records } from './records.ts';
import type { Script } from './records.ts';
import { reach } from './reach.ts';

/** The kept scripts of `src/tools/node` as they answer on a node. */

const tasks: Script = (world, node) => {
  const found = node.processes.flatMap((process) =>
    threadsOf(process)
      .filter(({ state }) => state !== 'S')
      .map((thread) => [
        'task',
        process.pid,
        thread.tid,
        thread.wchan,
        cgroupOf(process),
        statLine(process, thread),
      ]),
  );
  const uptime = ((world.at - node.bootedAt) / 1000).toFixed(2);
  return records([...head(node), ['hz', 100], ['uptime', uptime], ...found]);
};

const remains: Script = (world, node, [uid = '']) =>
  records([
    ...head(node),
    ...processesOn(world, node)
      .filter((it) => it.podUid === uid)
      .map((it) => ['proc', it.pid, it.startTicks, stateOf(it), threadCount(it), it.comm]),
    ...node.mounts
      .filter((mount) => mount.podUid === uid)
      .map((mount, i) => ['mount', mountLine(world, mount, i)]),
  ]);

const podLog: Script = (
  world,
  node,
  [namespace = '', name = '', uid = '', container = '', bytes = '65536'],
) => {
  const now = ['now', Math.floor(world.at / 1000)] as const;
  const directory = `/var/log/pods/${namespace}_${name}_${uid}/${container}`;
  const pod = world.pods.find((it) => it.uid === uid && it.name === name && it.node === node.name);
  if (pod === undefined || !hasLog(pod, container) || !pod.containers.includes(container)) {
    return records([now, ['absent', directory]]);
  }
  const text = logText(world, pod, container, 10_000, 'cri');
  const written =
    world.members.find((member) => member.podUid === uid)?.log.at(-1)?.at ?? pod.since;
  const lines = text.slice(-Number(bytes)).split('\n').slice(0, -1);
  return records([
    now,
    ['file', `${directory}/${pod.restarts}.log`, Math.floor(written / 1000), text.length],
    ...lines.map((line) => ['log', line]),
  ]);
};

const KUBELET_START = 1_842;

const kubeletPid = (world: World, node: Node): number =>
  between(800, 2_400, world.seed, 'kubelet', node.name);

/** A kubelet that cannot be killed is a zombie with a thread in D, and holds its port (COMMANDS B.3). */
const kubelet: Script = (world, node) => {
  const pid = kubeletPid(world, node);
  return node.kubelet === 'running'
    ? records([
        ...head(node),
        ['unit', 'active', 'running', pid],
        ['healthz', '200', 0],
        ['proc', pid, KUBELET_START, 'S', 18, 'kubelet'],
      ])
    : records(
        [
          ...head(node),
          ['unit', 'deactivating', 'final-sigkill', pid],
          ['healthz', '000', 28],
          ['proc', pid, KUBELET_START, 'Z', 2, 'kubelet'],
        ],
        3_000,
      );
};

type Known = Pick<Process, 'pid' | 'startTicks' | 'comm'> & { readonly state: string };

function processOf(world: World, node: Node, pid: string): Known | undefined {
  const found = node.processes.find((it) => String(it.pid) === pid);
  if (found !== undefined) return { ...found, state: stateOf(found) };
  if (pid !== String(kubeletPid(world, node))) return undefined;
  const state = node.kubelet === 'running' ? 'S' : 'Z';
  return { pid: Number(pid), startTicks: KUBELET_START, comm: 'kubelet', state };
}

const task: Script = (world, node, [pid = '']) => {
  const found = processOf(world, node, pid);
  return found === undefined
    ? records([['gone']])
    : records([['found', found.pid, found.startTicks, found.state, found.comm]]);
};

const killTask: Script = (world, node, [pid = '', start = '', comm = '']) => {
  const found = node.processes.find((it) => String(it.pid) === pid);
  if (found === undefined) return records([['gone']]);
  if (String(found.startTicks) !== start || found.comm !== comm) {
    return records([['other', found.startTicks, found.comm]]);
  }
  const said = records([
    ['found', found.pid, found.startTicks, stateOf(found), found.comm],
    ['sent', 'KILL'],
  ]);
  const struck = kill(world, node.name, found.pid);
  return { world: note(struck, 'kill-task', `${node.name}:${pid}:${comm}`), said };
};

const identity: Script = (world, node) =>
  records([
    ...head(node),
    ['kernel', '6.8.0-106-generic'],
    ['now', Math.floor(world.at / 1000)],
    ['host', node.name],
    ['uuid', node.systemUuid],
  ]);

/** What a node answers, by the script's name. */
export const NODE_SCRIPTS: Readonly<Record<string, Script>> = {
  'node/tasks': tasks,
  'node/remains': remains,
  'node/reach': reach,
  'node/pod-log': podLog,
  'node/kubelet': kubelet,
  'node/task': task,
  'node/kill-task': killTask,
  'node/identity': identity,
  'node/port-owner': portOwner,
  'node/sandboxes': sandboxes,
  'node/stop-sandbox': stopSandboxScript,
  'node/remove-sandbox': removeSandboxScript,
};
