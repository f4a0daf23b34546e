import { agentPod } from '../agent-pods.ts';
import { endedOf, holdersOf } from '../agent-processes.ts';
import type { Agent, AgentContainer } from '../agents.ts';
import { agentOf, CONTROLLER, CONTROLLERS, DAEMONS, isAgent } from '../agents.ts';
import { between } from '../chance.ts';
import { changePod } from '../change.ts';
import type { Ended, Port } from '../csi-state.ts';
import type { Node, Pod, World } from '../world.ts';
import { backOff } from './back-off.ts';
import type { Rule, Wanted } from './rule.ts';

/** The agents' lives: kubelet starts their containers again and again, their controllers make new pods (COMMANDS C). */

/** Containers of the CSI driver that talk to the API server through the service network. */
const CALLS_API: readonly string[] = ['nfs', 'csi-provisioner', 'csi-resizer', 'csi-snapshotter'];

const nodeOf = (world: World, pod: Pod): Node | undefined =>
  world.nodes.find((node) => node.name === pod.node);

const isCsi = (pod: Pod): boolean => isAgent(pod, 'csi-node') || isAgent(pod, 'csi-controller');

const alive = (node: Node | undefined): node is Node =>
  node?.power === 'on' && node.kubelet === 'running';

/** How the pod network of a node is: there, on its way, or broken, as BIRD is (DOMAIN 2.1, 25 May). */
export function networkOn(world: World, node: string): 'up' | 'coming' | 'broken' {
  const pods = world.pods.filter((pod) => pod.node === node && isAgent(pod, 'calico'));
  if (pods.some((pod) => pod.stage === 'running')) return 'up';
  return pods.some((pod) => pod.stage === 'crashing') ? 'broken' : 'coming';
}

/** Whether the NFS CSI driver is registered with a node's kubelet: its pod there is up, whole, and to stay (COMMANDS C.2). */
export const driverOn = (world: World, node: string): boolean =>
  world.nodes.some((it) => it.name === node && alive(it)) &&
  world.pods.some(
    (pod) =>
      pod.node === node &&
      isAgent(pod, 'csi-node') &&
      pod.stage === 'running' &&
      pod.deletion === undefined,
  );

const inUse = ({ protocol, address, port }: Port): string =>
  `listen ${protocol} ${address}:${port}: bind: address already in use`;

/** A port that somebody else holds, in the words of the one who wants it (COMMANDS C.2, C.4). */
function refused(pod: Pod, taken: Port): string {
  if (!isAgent(pod, 'speaker')) return inUse(taken);
  const kind = taken.protocol.toUpperCase();
  return `failed to create memberlist: Could not set up network transport: failed to start ${kind} listener on "${taken.address}" port ${taken.port}: ${inUse(taken)}`;
}

/** Why a container of an agent's pod cannot stay up now. */
export function obstacle(
  world: World,
  node: Node,
  pod: Pod,
  container: AgentContainer,
): string | undefined {
  if (pod.flaw?.container === container.name) return pod.flaw.message;
  const taken = container
    .binds(node)
    .find(({ protocol, port }) =>
      holdersOf(world, node, protocol, port).some((it) => it.podUid !== pod.uid),
    );
  if (taken !== undefined) return refused(pod, taken);
  if (isCsi(pod) && CALLS_API.includes(container.name) && networkOn(world, node.name) === 'broken')
    return 'Get "https://10.96.0.1:443/api?timeout=32s": dial tcp 10.96.0.1:443: connect: no route to host';
  return undefined;
}

/** Starts what is not up: what meets an obstacle ends at once, and waits for the next time. */
const attempt =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    const node = pod === undefined ? undefined : nodeOf(world, pod);
    if (pod === undefined || node === undefined) return world;
    const ended = (agentOf(pod)?.containers ?? []).flatMap((container): readonly Ended[] => {
      const before = endedOf(pod, container.name);
      const message = obstacle(world, node, pod, container);
      if (message === undefined) return before === undefined ? [] : [{ ...before, down: false }];
      const restarts = (before?.restarts ?? 0) + 1;
      return [
        { container: container.name, restarts, at: world.at, exitCode: 1, message, down: true },
      ];
    });
    return changePod(world, uid, (it) => ({
      ...it,
      stage: ended.some(({ down }) => down) ? 'crashing' : 'running',
      since: it.stage === 'starting' ? world.at : it.since,
      ended,
    }));
  };

/** When a crash-looping pod is tried again: with the first of its containers whose back-off is over. */
const nextTry = (pod: Pod): number =>
  Math.min(
    ...(pod.ended ?? []).filter(({ down }) => down).map((it) => it.at + backOff(it.restarts)),
  );

const livesOf = (pod: Pod): number =>
  (pod.ended ?? []).reduce((sum, { restarts }) => sum + restarts, 0);

/** Starts the agents' containers, and tries again those that ended. */
export const agents: Rule = {
  wants: (world) =>
    world.pods.flatMap((pod): readonly Wanted[] => {
      const agent = agentOf(pod);
      if (agent === undefined || pod.deletion !== undefined) return [];
      if (!alive(nodeOf(world, pod))) return [];
      if (pod.stage === 'starting') {
        // After a boot the driver comes up once Calico has (DOMAIN 2.1, traps).
        if (isCsi(pod) && networkOn(world, pod.node) === 'coming') return [];
        const key = `agent:${pod.uid}:${pod.since}` as const;
        return [{ key, after: agent.startMs, deed: attempt(pod.uid) }];
      }
      if (pod.stage !== 'crashing') return [];
      const key = `agent-again:${pod.uid}:${livesOf(pod)}` as const;
      return [{ key, at: nextTry(pod), deed: attempt(pod.uid) }];
    }),
};

const create =
  (agent: Agent, name: string) =>
  (world: World): World => {
    const node = world.nodes.find((it) => it.name === name);
    if (node === undefined) return world;
    const pod = agentPod(agent, node, world.at, world.seed, world.born);
    return { ...world, born: world.born + 1, pods: [...world.pods, pod] };
  };

/** A DaemonSet makes a pod for every node that has none; cordons do not hold it up. */
export const daemonSets: Rule = {
  wants: (world) =>
    DAEMONS.flatMap((agent) =>
      world.nodes
        .filter(
          (node) =>
            agent.on(node) &&
            !world.pods.some((pod) => pod.node === node.name && isAgent(pod, agent.kind)),
        )
        .map((node) => ({
          key: `daemon:${agent.kind}:${node.name}`,
          after: [600, 2_500] as const,
          deed: create(agent, node.name),
        })),
    ),
};

/** Where a new CSI controller goes: to a worker without one, unless the anti-affinity is missing (DOMAIN 2.1 A5). */
function controllerNode(world: World): string | undefined {
  if (world.plot.controllersOn !== undefined) return world.plot.controllersOn;
  const free = world.nodes.filter(
    (node) =>
      CONTROLLER.on(node) &&
      alive(node) &&
      !node.unschedulable &&
      !world.pods.some((pod) => pod.node === node.name && isAgent(pod, 'csi-controller')),
  );
  return free[between(0, Math.max(0, free.length - 1), world.seed, 'controller', world.at)]?.name;
}

/** The Deployment of the CSI controllers makes up for every one that is on its way out. */
export const controllers: Rule = {
  wants: (world) => {
    const staying = world.pods.filter(
      (pod) => isAgent(pod, 'csi-controller') && pod.deletion === undefined,
    );
    if (staying.length >= CONTROLLERS) return [];
    return [
      {
        key: `controller:${staying.length}`,
        after: [600, 2_500],
        deed: (now) => {
          const node = controllerNode(now);
          return node === undefined ? now : create(CONTROLLER, node)(now);
        },
      },
    ];
  },
};
