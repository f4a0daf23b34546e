import type { Agent, AgentKind } from '../agents.ts';
import { AGENTS, isAgent } from '../agents.ts';
import { suffix } from '../bystanders.ts';
import { between, hex, uuid } from '../chance.ts';
import { changeNode, changePod } from '../change.ts';
import type { Ended, Port, Stray } from '../csi-state.ts';
import { obstacle } from '../rules/agents.ts';
import type { Node, Pod, Process, World } from '../world.ts';

/** How scenarios of the NFS CSI driver are staged: what is left over on nodes, and who crash-loops for it (DOMAIN 2.1). */

const nodeNamed = (world: World, name: string): Node => {
  const node = world.nodes.find((it) => it.name === name);
  if (node === undefined) throw new Error(`the scenario ${world.scenario} has no node ${name}`);
  return node;
};

const agentNamed = (kind: AgentKind): Agent => {
  const agent = AGENTS.find((it) => it.kind === kind);
  if (agent === undefined) throw new Error(`the lab has no agent ${kind}`);
  return agent;
};

/** How a leftover sandbox differs from the usual one, which crictl can stop. */
export interface Leftover {
  readonly createdAt: number;
  /** crictl is refused. */
  readonly undead?: boolean;
  /** Containers whose processes still run; absent: all. */
  readonly containers?: readonly string[];
}

/** Adds a sandbox to a node that no pod of the API stands for, with its processes. */
export function leftBehind(
  world: World,
  node: string,
  pod: Pick<Pod, 'uid' | 'namespace' | 'name'>,
  processes: readonly Omit<Process, 'pid' | 'ppid' | 'startTicks' | 'podUid'>[],
  { createdAt, undead = false }: Leftover,
): World {
  const first = between(3_000, 18_000, world.seed, 'left', node, pod.uid);
  const stray: Stray = {
    id: hex(64, world.seed, 'stray', pod.uid),
    podUid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    attempt: 0,
    createdAt,
    ready: processes.length > 0,
    // What holds a sandbox's namespaces is a process of it, and no container to crictl.
    containers: processes.filter((it) => it.comm !== 'pause').map((it) => it.container ?? it.comm),
    undead,
  };
  return changeNode(world, node, (it) => ({
    ...it,
    strays: [...it.strays, stray],
    processes: [
      ...it.processes,
      ...processes.map((process, i): Process => ({
        ...process,
        pid: first + 11 * i,
        ppid: first - 7,
        startTicks: Math.floor((createdAt + 900 - it.bootedAt) / 10),
        podUid: pod.uid,
      })),
    ],
  }));
}

/** An agent's pod of long ago that the API has forgotten and containerd has not: it still has the ports (COMMANDS C.3). */
export function orphan(world: World, node: string, kind: AgentKind, how: Leftover): World {
  const agent = agentNamed(kind);
  const about = [world.seed, 'orphan', kind, node, how.createdAt] as const;
  const pod = {
    uid: uuid(...about),
    namespace: agent.namespace,
    name: `${agent.owner.name}-${suffix(5, ...about)}`,
  };
  const host = nodeNamed(world, node);
  const processes = agent.containers
    .filter(({ name }) => how.containers?.includes(name) ?? true)
    .map(({ name, comm, threads, binds }) => ({
      comm,
      threads,
      container: name,
      ports: binds(host),
    }));
  return leftBehind(world, node, pod, processes, how);
}

/** The pod of an agent on a node. */
export function agentOn(world: World, node: string, kind: AgentKind): Pod {
  const pod = world.pods.find((it) => it.node === node && isAgent(it, kind));
  if (pod === undefined) {
    throw new Error(`the scenario ${world.scenario} has no ${kind} on ${node}`);
  }
  return pod;
}

/** How long an agent's pod has been at it: how often its containers ended, and when the last time. */
export interface Lives {
  readonly restarts: number;
  readonly lastAt: number;
}

/** Has an agent's pod crash-loop for what stands in its way now; where nothing does, for `port`, which is free again. */
export function crashLooping(
  world: World,
  node: string,
  kind: AgentKind,
  { restarts, lastAt }: Lives,
  port?: Port,
): World {
  const pod = agentOn(world, node, kind);
  const host = nodeNamed(world, node);
  const ended = agentNamed(kind).containers.flatMap((container): readonly Ended[] => {
    const was = container
      .binds(host)
      .find((it) => it.port === port?.port && it.protocol === port.protocol);
    const message =
      obstacle(world, host, pod, container) ??
      (was === undefined
        ? undefined
        : `listen ${was.protocol} ${was.address}:${was.port}: bind: address already in use`);
    return message === undefined
      ? []
      : [{ container: container.name, restarts, at: lastAt, exitCode: 1, message, down: true }];
  });
  return changePod(world, pod.uid, (it) => ({ ...it, stage: 'crashing', ended }));
}

/** Gives the Calico of a node a BIRD that does not come up, for as long as its pod lives (DOMAIN 2.1, 25 May). */
export function withoutBird(world: World, node: string, lives: Lives): World {
  const pod = agentOn(world, node, 'calico');
  const flawed = changePod(world, pod.uid, (it) => ({
    ...it,
    flaw: {
      container: 'calico-node',
      message:
        'calico/node is not ready: BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 socket: dial unix /var/run/calico/bird.ctl: connect: connection refused',
    },
  }));
  return crashLooping(flawed, node, 'calico', lives);
}
