import { between } from '../chance.ts';
import { changeNode, changePod } from '../change.ts';
import { stateOf } from '../objects/process.ts';
import type { Node, Pod, Process, World } from '../world.ts';
import type { Rule } from './rule.ts';

/** A node's kubelet: what a restart makes of it, and what it does after a boot (COMMANDS B.3, D.3, D.4; DOMAIN 2.0). */

/** Something on the node is in D state, or is a zombie. */
const holdsTasks = (node: Node): boolean =>
  node.processes.some((process) => process.stuck !== undefined || stateOf(process) !== 'S');

/** The kubelet as a process that cannot end: a zombie with a thread in D, which still has its ports (COMMANDS B.3). */
const undead = (node: Node, at: number): Process => ({
  pid: node.kubeletPid,
  ppid: 1,
  startTicks: node.kubeletStart,
  comm: 'kubelet',
  threads: 2,
  stuck: { tid: node.kubeletPid + 11, wchan: 'rpc_wait_bit_killable', until: { it: 'never' } },
  killAt: at,
  ports: [
    { protocol: 'tcp', address: '127.0.0.1', port: 10_248 },
    { protocol: 'tcp', address: '*', port: 10_250 },
  ],
});

/** Turns a node's kubelet into a zombie. */
export const killedInD = (world: World, name: string): World =>
  changeNode(world, name, (node) => ({
    ...node,
    kubelet: 'zombie',
    kubeletSince: node.kubelet === 'running' ? world.at : node.kubeletSince,
    processes: [...node.processes, undead(node, world.at)],
  }));

/**
 * `systemctl restart kubelet`. On a node with a task in D or a zombie it ends as a zombie itself, as on 22 April at 10:34
 * (DOMAIN 2.0, 2.4); elsewhere another one is there within seconds.
 */
export function restartKubelet(world: World, name: string): World {
  const node = world.nodes.find((it) => it.name === name);
  if (node === undefined || node.kubelet === 'zombie') return world;
  if (holdsTasks(node)) return killedInD(world, name);
  return changeNode(world, name, (it) => ({
    ...it,
    kubelet: 'down',
    kubeletSince: it.kubelet === 'running' ? world.at : it.kubeletSince,
  }));
}

/** What a pod becomes when its node has booted: its containers are new, its object is the old one. */
function afterBoot(world: World, pod: Pod): Pod {
  if (pod.lost === true) return pod;
  const { flaw: _, ...rest } = pod;
  return {
    ...rest,
    stage: pod.hostNetwork === true ? 'starting' : 'mounting',
    since: world.at,
    restarts: pod.restarts + 1,
    sandbox: (pod.sandbox ?? 0) + 1,
    ...(pod.ended === undefined
      ? {}
      : { ended: pod.ended.map((ended) => ({ ...ended, down: false })) }),
  };
}

const comesBack = (pod: Pod): Pod => {
  const { laggard: _, ...rest } = pod;
  return rest;
};

/** A kubelet that starts anew comes back to every mount that it had given up. */
function remembered(world: World, node: string): World {
  const forgotten = world.pods.filter((pod) => pod.node === node && pod.laggard === true);
  return forgotten.reduce((now, { uid }) => changePod(now, uid, comesBack), world);
}

/** The plot's node has the trouble again after this boot. */
function again(world: World, node: Node): World {
  const times = world.plot.wedgesAgain?.[node.name] ?? 0;
  if (times <= 0) return world;
  const wedged = changeNode(world, node.name, (it) => ({
    ...it,
    nfs: { ...it.nfs, '4.2': { is: 'wedged', since: world.at, heals: { it: 'never' } } },
  }));
  const wedgesAgain = { ...world.plot.wedgesAgain, [node.name]: times - 1 };
  return { ...wedged, plot: { ...world.plot, wedgesAgain } };
}

const up =
  (name: string) =>
  (world: World): World => {
    const node = world.nodes.find((it) => it.name === name);
    if (node === undefined) return world;
    const booted = node.reportedBootId !== node.bootId;
    const running = changeNode(remembered(world, name), name, (it) => {
      const { downByHand: _, ...rest } = it;
      return {
        ...rest,
        kubelet: 'running',
        kubeletPid: between(800, 9_400, world.seed, 'kubelet', name, world.at),
        kubeletStart: Math.floor((world.at - it.bootedAt) / 10),
        reportedBootId: it.bootId,
      };
    });
    if (!booted) return running;
    return world.pods
      .filter((pod) => pod.node === name && pod.deletion === undefined)
      .reduce(
        (now, { uid }) => changePod(now, uid, (pod) => afterBoot(now, pod)),
        again(running, node),
      );
  };

/** systemd starts the kubelet: after a boot some seconds later than after a restart. */
export const kubelets: Rule = {
  wants: (world) =>
    world.nodes
      .filter((node) => node.power === 'on' && node.kubelet === 'down')
      .map((node) => ({
        key: `kubelet:${node.name}:${node.boots}:${node.kubeletPid}`,
        after: node.reportedBootId === node.bootId ? [2_000, 6_000] : [6_000, 14_000],
        deed: up(node.name),
      })),
};
