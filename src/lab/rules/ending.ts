import { agentOf } from '../agents.ts';
import { changeMembers, changeNode, changePod, changeProcess } from '../change.ts';
import { comesOff } from '../nfs-mount.ts';
import type { Member, Node, Process, World } from '../world.ts';
import type { Rule, Wanted } from './rule.ts';

/** How processes and pods end, or do not (COMMANDS A.6, B.2, B.3; DOMAIN 2.4). */

/** The chart's preStop hook sleeps so long before it sends SIGTERM. */
const PRE_STOP_MS = 5_000;

/** Waits that SIGKILL ends (COMMANDS B.2; REALITY 4c). */
const KILLABLE: readonly string[] = ['rpc_wait_bit_killable', 'nfs_wait_client_init_complete'];

const silenced = (world: World, uid: string | undefined): World =>
  changeMembers(world, (member) => (member.podUid === uid ? gone(member) : member));

function gone(member: Member): Member {
  const { activeSince: _, ...rest } = member;
  return { ...rest, health: 'gone', role: 'follower' };
}

/** SIGKILL: all threads end but one that cannot; the helpers of the pod go with it. */
export function kill(world: World, node: string, pid: number): World {
  const process = world.nodes
    .find((it) => it.name === node)
    ?.processes.find((it) => it.pid === pid);
  const struck = changeProcess(world, node, pid, (it) => ({
    ...it,
    killAt: it.killAt ?? world.at,
  }));
  return process?.comm === 'vault' ? silenced(struck, process.podUid) : struck;
}

const term =
  (node: string, pid: number) =>
  (world: World): World =>
    changeProcess(world, node, pid, (it) => ({ ...it, termAt: world.at }));

/** A process ends: with Vault's go the others of its pod, with a mount the faults that it made. */
export const exit =
  (node: string, process: Process) =>
  (world: World): World => {
    if (process.comm !== 'vault')
      return lift(
        changeProcess(world, node, process.pid, () => undefined),
        node,
        process.pid,
      );
    const pod = world.pods.find((it) => it.uid === process.podUid);
    const ended = changeNode(silenced(world, process.podUid), node, (it) => ({
      ...it,
      processes: it.processes.filter((other) => other.podUid !== process.podUid),
      mounts:
        pod === undefined
          ? it.mounts.filter((mount) => mount.podUid !== process.podUid)
          : it.mounts,
    }));
    if (pod === undefined || pod.deletion !== undefined) return ended;
    return changePod(ended, pod.uid, (it) => ({
      ...it,
      stage: 'starting',
      since: world.at,
      restarts: it.restarts + 1,
    }));
  };

/** The abandoned mount that held up all others is gone (COMMANDS B.7, case P). */
const lift = (world: World, node: string, pid: number): World =>
  changeNode(world, node, (it) => {
    const left = Object.entries(it.nfs).filter(
      ([, fault]) => fault.is !== 'initialising' || fault.by !== pid,
    );
    return { ...it, nfs: Object.fromEntries(left) };
  });

const freed =
  (at: number) =>
  (process: Process): Process => {
    const { stuck: _, ...rest } = process;
    return { ...rest, killAt: rest.killAt ?? at };
  };

const release =
  (node: string, pid: number) =>
  (world: World): World =>
    changeProcess(world, node, pid, freed(world.at));

function letsGo(node: Node, process: Process, signalledAt: number): readonly Wanted[] {
  const until = process.stuck?.until;
  const key = `release:${node.name}:${process.pid}` as const;
  const deed = release(node.name, process.pid);
  if (until?.it === 'answered') return [{ key, after: [200, 600], deed }];
  if (until?.it === 'signalled') return [{ key, at: signalledAt + until.afterMs, deed }];
  if (until?.it === 'gone' && !node.processes.some((it) => it.pid === until.pid)) {
    return [{ key, after: [1_000, 3_000], deed }];
  }
  return [];
}

const heeds = (world: World, process: Process): boolean =>
  world.members.some(
    (member) =>
      member.podUid === process.podUid && (member.health === 'working' || member.health === 'slow'),
  );

/** What becomes of a process that was sent a signal. */
export const signals: Rule = {
  wants: (world) =>
    world.nodes.flatMap((node) =>
      node.processes.flatMap((process): readonly Wanted[] => {
        const signalledAt = process.termAt ?? process.killAt;
        if (signalledAt === undefined) return [];
        if (process.stuck !== undefined) return letsGo(node, process, signalledAt);
        if (process.wchan !== undefined && !KILLABLE.includes(process.wchan)) return [];
        const key = `exit:${node.name}:${process.pid}` as const;
        const deed = exit(node.name, process);
        if (process.killAt !== undefined) return [{ key, after: [200, 600], deed }];
        return heeds(world, process) ? [{ key, after: [600, 1_500], deed }] : [];
      }),
    ),
};

/** Kubelet unmounts a pod's volumes; what a process that it lost has open stays mounted. */
export const unmounted = ({ mounts, processes }: Node, uid: string): Node['mounts'] =>
  processes.some((process) => process.podUid === uid)
    ? mounts
    : mounts.filter((mount) => mount.podUid !== uid);

const remove =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    const left = { ...world, pods: world.pods.filter((it) => it.uid !== uid) };
    return pod === undefined
      ? left
      : changeNode(left, pod.node, (node) => ({
          ...node,
          mounts: unmounted(node, uid),
        }));
  };

/** Kubelet ends a pod that the API wants gone: preStop, SIGTERM, SIGKILL, unmount; then the object goes. */
export const terminating: Rule = {
  wants: (world) =>
    world.pods.flatMap((pod): readonly Wanted[] => {
      const node = world.nodes.find((it) => it.name === pod.node);
      if (pod.deletion === undefined || node?.kubelet !== 'running') return [];
      if (node.power !== 'on') return [];
      if (agentOf(pod) !== undefined) return [];
      const { askedAt, graceMs } = pod.deletion;
      const process = node.processes.find((it) => it.podUid === pod.uid && it.comm === 'vault');
      if (process === undefined) {
        const held = node.mounts.some(
          (mount) => mount.podUid === pod.uid && !comesOff(world, node, mount),
        );
        if (held) return [];
        return [{ key: `remove:${pod.uid}`, after: [600, 1_800], deed: remove(pod.uid) }];
      }
      const subject = `${node.name}:${process.pid}`;
      return [
        ...(process.termAt === undefined
          ? [
              {
                key: `term:${subject}` as const,
                at: askedAt + Math.min(PRE_STOP_MS, graceMs),
                deed: term(node.name, process.pid),
              },
            ]
          : []),
        ...(process.killAt === undefined
          ? [
              {
                key: `kill:${subject}` as const,
                at: askedAt + graceMs,
                deed: (now: World) => kill(now, node.name, process.pid),
              },
            ]
          : []),
      ];
    }),
};
