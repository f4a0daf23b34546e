import type { AgentContainer } from './agents.ts';
import { agentOf } from './agents.ts';
import { between } from './chance.ts';
import type { Ended, Lapse, Port } from './csi-state.ts';
import type { Node, Pod, Process, World } from './world.ts';

/** Who holds which port of a node (COMMANDS C.3): the agents that run on it, and what is left of pods that are gone. */

/** How that container of a pod ended before, if it did. */
export const endedOf = (pod: Pod, container: string): Ended | undefined =>
  pod.ended?.find((it) => it.container === container);

/** Whether a container of an agent's pod has a process now. */
export const isUp = (pod: Pod, container: string): boolean =>
  (pod.stage === 'running' || pod.stage === 'crashing') && endedOf(pod, container)?.down !== true;

/** Their process ids are above those that the lab gives to others. */
const FIRST_PID = 4_000_001;

function processOf(world: World, node: Node, pod: Pod, container: AgentContainer): Process {
  const restarts = endedOf(pod, container.name)?.restarts ?? 0;
  const since = Math.max(pod.since, endedOf(pod, container.name)?.at ?? 0, node.bootedAt);
  const about = [world.seed, 'agent', pod.uid, container.name, restarts] as const;
  const pid = FIRST_PID + between(0, 190_000, ...about);
  return {
    pid,
    ppid: pid - 1 - between(20, 90, ...about),
    startTicks: Math.floor((since - node.bootedAt) / 10),
    comm: container.comm,
    podUid: pod.configHash ?? pod.uid,
    threads: container.threads,
    ports: container.binds(node),
    container: container.name,
  };
}

/** The processes of the agents that run on a node; there is no need to keep them in the world. */
const agentProcesses = (world: World, node: Node): readonly Process[] =>
  node.power === 'on' && node.reportedBootId === node.bootId
    ? world.pods
        .filter((pod) => pod.node === node.name)
        .flatMap((pod) => {
          const containers = agentOf(pod)?.containers ?? [];
          return containers
            .filter((it) => isUp(pod, it.name))
            .map((it) => processOf(world, node, pod, it));
        })
    : [];

/** Every process of a node that somebody may look for. */
export const processesOn = (world: World, node: Node): readonly Process[] => [
  ...node.processes,
  ...agentProcesses(world, node),
];

/** The processes of a node that have bound a port, by protocol. */
export const holdersOf = (
  world: World,
  node: Node,
  protocol: Port['protocol'],
  port: number,
): readonly Process[] =>
  processesOn(world, node).filter((process) =>
    (process.ports ?? []).some((it) => it.protocol === protocol && it.port === port),
  );

/** The locks that the NFS server still keeps for a client that is gone. */
export const lapsesNow = (world: World): readonly Lapse[] =>
  world.lapses.filter((it) => it.until > world.at);
