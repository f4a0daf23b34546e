import { processesOn } from '../agent-processes.ts';
import { mountLine } from '../objects/mount.ts';
import { stateOf, threadCount } from '../objects/process.ts';
import { hasLog, logText } from '../objects/small.ts';
import { sandbox, sandboxes } from './crictl.ts';
import { detachMount, nfsState, removeDirectory } from './mounts.ts';
import { answer, probe } from './nfs-node.ts';
import { portOwner } from './ports.ts';
import { head, records } from './records.ts';
import type { Records, Script } from './records.ts';
import { reach } from './reach.ts';
import { killTask, task, tasks } from './tasks.ts';
import { kubelet, restartUnit, unit } from './units.ts';

/** The kept scripts of `src/tools/node` as they answer on a node. */

const remains: Script = (world, node, [uid = '']) => {
  const left: Records = [
    ...processesOn(world, node)
      .filter((it) => it.podUid === uid)
      .map((it) => ['proc', it.pid, it.startTicks, stateOf(it), threadCount(it), it.comm]),
    ...node.mounts
      .filter((mount) => mount.podUid === uid)
      .map((mount, i) => ['mount', mountLine(world, mount, i)]),
  ];
  const by = left.length === 0 ? 'node/remains-none' : 'node/remains';
  return records(by, [...head(node), ...left]);
};

const podLog: Script = (
  world,
  node,
  [namespace = '', name = '', uid = '', container = '', bytes = '65536'],
) => {
  const now = ['now', Math.floor(world.at / 1000)] as const;
  const directory = `/var/log/pods/${namespace}_${name}_${uid}/${container}`;
  const pod = world.pods.find((it) => it.uid === uid && it.name === name && it.node === node.name);
  if (pod === undefined || !hasLog(pod, container) || !pod.containers.includes(container)) {
    return records('node/log-file-absent', [now, ['absent', directory]]);
  }
  const text = logText(world, pod, container, 10_000, 'cri');
  const written =
    world.members.find((member) => member.podUid === uid)?.log.at(-1)?.at ?? pod.since;
  const lines = text.slice(-Number(bytes)).split('\n').slice(0, -1);
  return records('node/log-file', [
    now,
    ['file', `${directory}/${pod.restarts}.log`, Math.floor(written / 1000), text.length],
    ...lines.map((line) => ['log', line]),
  ]);
};

const identity: Script = (world, node) =>
  records('node/identity', [
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
  'node/unit': unit,
  'node/restart-unit': restartUnit,
  'node/nfs-state': nfsState,
  'node/detach-mount': detachMount,
  'node/remove-directory': removeDirectory,
  'nfs/probe': probe,
  'nfs/answer': answer,
  'node/task': task,
  'node/kill-task': killTask,
  'node/identity': identity,
  'node/port-owner': portOwner,
  'node/sandboxes': sandboxes,
  'node/sandbox': sandbox,
};
