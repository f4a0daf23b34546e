import { isUp, processesOn } from '../agent-processes.ts';
import { agentOf } from '../agents.ts';
import { changeNode } from '../change.ts';
import type { Stray } from '../csi-state.ts';
import { runtimeUid, sandboxId } from '../sandboxes.ts';
import type { Node, Pod, World } from '../world.ts';
import { kill } from './ending.ts';
import type { Rule, Wanted } from './rule.ts';

/** How an agent's pod ends: deleted gracefully, or by force (COMMANDS C.4, F; DOMAIN 2.1 A4). */

/** What else runs in its control group: the `mount.nfs` that the CSI driver started. */
const childrenOf = (node: Node, pod: Pod) =>
  node.processes.filter((process) => process.podUid === pod.uid);

const killChildren =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    const node = world.nodes.find((it) => it.name === pod?.node);
    if (pod === undefined || node === undefined) return world;
    return childrenOf(node, pod).reduce((now, { pid }) => kill(now, node.name, pid), world);
  };

const remove =
  (uid: string) =>
  (world: World): World => ({ ...world, pods: world.pods.filter((it) => it.uid !== uid) });

/** Kubelet ends the containers, and whatever they left in their group; what cannot end keeps the pod terminating. */
export const agentsEnding: Rule = {
  wants: (world) =>
    world.pods.flatMap((pod): readonly Wanted[] => {
      const node = world.nodes.find((it) => it.name === pod.node);
      if (pod.deletion === undefined || agentOf(pod) === undefined) return [];
      if (node?.kubelet !== 'running' || node.power !== 'on') return [];
      const children = childrenOf(node, pod);
      if (children.length === 0) {
        return [{ key: `agent-gone:${pod.uid}`, after: [1_200, 4_000], deed: remove(pod.uid) }];
      }
      if (children.every(({ killAt }) => killAt !== undefined)) return [];
      const deed = killChildren(pod.uid);
      return [{ key: `agent-kill:${pod.uid}`, after: [1_000, 3_000], deed }];
    }),
};

/**
 * A delete with grace 0 takes the object at once. What holds a port of the node then runs on in a sandbox that nobody
 * knows any more: forced too early it makes the next orphan (DOMAIN 2.1 A4).
 */
export function orphaned(world: World, pod: Pod): World {
  const left = { ...world, pods: world.pods.filter((it) => it.uid !== pod.uid) };
  const node = world.nodes.find((it) => it.name === pod.node);
  const agent = agentOf(pod);
  if (node === undefined || agent === undefined) return left;
  const uid = runtimeUid(pod);
  const behind = processesOn(world, node).filter(
    (process) => process.podUid === uid && (process.ports ?? []).length > 0,
  );
  if (behind.every((process) => node.processes.includes(process))) return left;
  const stray: Stray = {
    id: sandboxId(pod),
    podUid: uid,
    namespace: pod.namespace,
    name: pod.name,
    attempt: pod.sandbox ?? 0,
    createdAt: pod.createdAt,
    ready: true,
    containers: pod.containers.filter((it) => isUp(pod, it)),
    undead: false,
  };
  return changeNode(left, node.name, (it) => ({
    ...it,
    processes: [...it.processes, ...behind.filter((process) => !it.processes.includes(process))],
    strays: [...it.strays, stray],
  }));
}
