import { isUp, endedOf } from '../agent-processes.ts';
import type { Agent } from '../agents.ts';
import { agentOf, DAEMONS } from '../agents.ts';
import type { Pod, World } from '../world.ts';
import { stamp } from './when.ts';

/** What the API server shows of the agents: their DaemonSets and their containers (COMMANDS C.1). */

const CREATED = Date.UTC(2025, 0, 19);

const podsOf = (world: World, agent: Agent): readonly Pod[] =>
  world.pods.filter((pod) => agentOf(pod) === agent);

/** A DaemonSet of the agents by its name, if there is one. */
export function agentSetObject(world: World, namespace: string, name: string): object | undefined {
  const agent = DAEMONS.find((it) => it.namespace === namespace && it.owner.name === name);
  if (agent === undefined) return undefined;
  const desired = world.nodes.filter((node) => agent.on(node)).length;
  const pods = podsOf(world, agent);
  const ready = pods.filter((pod) => pod.stage === 'running').length;
  return {
    kind: 'DaemonSet',
    apiVersion: 'apps/v1',
    metadata: { name, namespace, generation: 3, creationTimestamp: stamp(CREATED) },
    spec: {
      selector: { matchLabels: agent.labels },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    },
    status: {
      observedGeneration: 3,
      currentNumberScheduled: pods.length,
      desiredNumberScheduled: desired,
      updatedNumberScheduled: pods.length,
      numberMisscheduled: 0,
      numberReady: ready,
      // Zero is left out of these two (omitempty).
      ...(ready === 0 ? {} : { numberAvailable: ready }),
      ...(desired === ready ? {} : { numberUnavailable: desired - ready }),
    },
  };
}

/** The arguments of a container, where the lab knows them. */
export function argsOf(pod: Pod, container: string): object {
  const args = agentOf(pod)?.containers.find((it) => it.name === container)?.args ?? [];
  return args.length === 0 ? {} : { args };
}

/** How a container of an agent's pod ended the last time (`lastState`). */
export function lastState(pod: Pod, container: string): object {
  const ended = endedOf(pod, container);
  return ended === undefined
    ? {}
    : {
        terminated: {
          exitCode: ended.exitCode,
          reason: 'Error',
          message: ended.message,
          startedAt: stamp(ended.at - 1_000),
          finishedAt: stamp(ended.at),
        },
      };
}

/** Whether a container that ended before waits for kubelet's back-off now. */
export const waits = (pod: Pod, container: string): boolean =>
  pod.stage === 'crashing' && endedOf(pod, container)?.down === true;

/** Whether a container of a pod is up, where the pod says so of each of them. */
export const upOf = (pod: Pod, container: string): boolean | undefined =>
  pod.ended === undefined && agentOf(pod) === undefined ? undefined : isUp(pod, container);
