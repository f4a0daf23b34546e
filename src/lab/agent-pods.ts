import type { Agent } from './agents.ts';
import { AGENTS, CONTROLLER } from './agents.ts';
import { suffix } from './bystanders.ts';
import { between, hex, uuid } from './chance.ts';
import type { Node, Pod } from './world.ts';

/** The agents' pods as they stand in a healthy cluster, and as their controllers make new ones. */

const DAY = 86_400_000;

/** Where the two CSI controllers run before anything happens: never on the master (DOMAIN 2.1 A5). */
const CONTROLLER_NODES: readonly string[] = ['k8s-node1', 'k8s-node3'];

/** A pod of an agent on a node, in its first stage. `about` makes its identity its own. */
export function agentPod(
  agent: Agent,
  node: Node,
  at: number,
  ...about: readonly (string | number)[]
): Pod {
  const { kind, namespace, owner } = agent;
  const name =
    kind === 'static'
      ? `${agent.labels['component'] ?? ''}-${node.name}`
      : `${owner.name}-${suffix(5, ...about, owner.name, node.name)}`;
  return {
    uid: uuid(...about, 'pod', namespace, name),
    namespace,
    name,
    node: node.name,
    ip: node.address,
    createdAt: at,
    stage: 'starting',
    since: at,
    owner,
    labels: agent.labels,
    containers: agent.containers.map((it) => it.name),
    claims: [],
    restarts: 0,
    hostNetwork: true,
    ...(kind === 'static' ? { configHash: hex(32, ...about, 'static', name) } : {}),
  };
}

const nodesOf = (agent: Agent, nodes: readonly Node[]): readonly Node[] =>
  nodes.filter((node) =>
    agent === CONTROLLER ? CONTROLLER_NODES.includes(node.name) : agent.on(node),
  );

/** The agents of a healthy cluster, up for days before `start`. */
export const agentPods = (seed: number, nodes: readonly Node[], start: number): readonly Pod[] =>
  AGENTS.flatMap((agent) =>
    nodesOf(agent, nodes).map((node): Pod => {
      const age = between(2, 30, seed, agent.namespace, agent.owner.name, node.name) * DAY;
      const pod = agentPod(agent, node, start - age, seed);
      return { ...pod, stage: 'running', since: pod.createdAt + 19_000 };
    }),
  );
