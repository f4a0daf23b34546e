import type { Observation } from '../../../src/runbook/observation.ts';
import type { Site } from '../../../src/runbook/site.ts';
import { registration } from '../../../src/tools/csi/registered.ts';
import type { Claim, Volume } from '../../../src/tools/kubectl/claims.ts';
import type { CsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import type { DaemonSet } from '../../../src/tools/kubectl/daemon-sets.ts';
import type { FailedMount } from '../../../src/tools/kubectl/events.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import { carriedBy, isWaiting, sayPod, usesNfs } from './pods.ts';

/** Everything that the API server says about the driver and who waits for it, in one look. */
export interface Sight {
  readonly nodes: Observation<readonly Node[]>;
  readonly csiNodes: Observation<readonly CsiNode[]>;
  readonly set: Observation<DaemonSet | undefined>;
  /** The driver's pods, its controllers, the network's pods, and the speakers where there are any. */
  readonly drivers: Observation<readonly Pod[]>;
  readonly controllers: Observation<readonly Pod[]>;
  readonly agents: Observation<readonly Pod[]>;
  readonly speakers: Observation<readonly Pod[]> | undefined;
  readonly pods: Observation<readonly Pod[]>;
  readonly claims: Observation<readonly Claim[]>;
  readonly volumes: Observation<readonly Volume[]>;
  readonly failed: Observation<readonly FailedMount[]>;
}

/** The same, read: without any of it nothing is concluded (DESIGN: promise 3). */
export interface Known {
  readonly nodes: readonly Node[];
  readonly csiNodes: readonly CsiNode[];
  readonly set: DaemonSet | undefined;
  readonly drivers: readonly Pod[];
  readonly controllers: readonly Pod[];
  readonly agents: readonly Pod[];
  readonly speakers: readonly Pod[];
  readonly pods: readonly Pod[];
  readonly claims: readonly Claim[];
  readonly volumes: readonly Volume[];
  readonly failed: readonly FailedMount[];
}

/** What was seen, or the first thing that could not be read. */
export function known(
  seen: Sight,
): { readonly known: Known } | { readonly known?: never; readonly unread: string } {
  const unread = Object.entries(seen).flatMap(([name, it]: [string, Observation<unknown>?]) =>
    it?.ok === false ? [`${WORDS[name] ?? name} could not be read: ${it.says}`] : [],
  )[0];
  if (unread !== undefined) return { unread };
  return {
    known: {
      nodes: listed(seen.nodes),
      csiNodes: listed(seen.csiNodes),
      set: seen.set.ok ? seen.set.value : undefined,
      drivers: listed(seen.drivers),
      controllers: listed(seen.controllers),
      agents: listed(seen.agents),
      speakers: listed(seen.speakers),
      pods: listed(seen.pods),
      claims: listed(seen.claims),
      volumes: listed(seen.volumes),
      failed: listed(seen.failed),
    },
  };
}

const listed = <T>(it: Observation<readonly T[]> | undefined): readonly T[] =>
  it?.ok === true ? it.value : [];

const WORDS: Readonly<Record<string, string>> = {
  nodes: 'the nodes',
  csiNodes: 'the registered drivers',
  set: 'the DaemonSet of the driver',
  drivers: 'the pods of the driver',
  controllers: "the driver's controllers",
  agents: 'the network pods',
  speakers: 'the speakers',
  pods: 'the pods',
  claims: 'the volume claims',
  volumes: 'the volumes',
  failed: 'the FailedMount events',
};

/** How the driver stands on one node. */
export interface Standing {
  readonly node: string;
  /**
   * `coming`: not registered, and its pod is young. `absent`: it has no pod there, and the DaemonSet wants one.
   * `cut-off`: not registered, and the node's network pod is missing, on its way out or not ready, which comes first (DOMAIN 2.1, confirm 9).
   * `down`: the node itself is not Ready.
   */
  readonly is: 'registered' | 'ill' | 'coming' | 'absent' | 'cut-off' | 'down' | 'uncovered';
  readonly because: string;
  readonly pod?: Pod;
  readonly agent?: Pod;
  /** Pods that wait there for an NFS volume. */
  readonly waiting: readonly Pod[];
  /** What the node carries that is not disturbed before others. */
  readonly carries: readonly string[];
}

/** How long a new pod has to register, in milliseconds (COMMANDS C.4: 120 s). */
const YOUNG_MS = 120_000;

/** How every node stands. `now` in milliseconds since 1970, UTC. */
export function standings(site: Site, it: Known, now: number): readonly Standing[] {
  const bare = it.nodes.filter((n) => !it.drivers.some((p) => p.node === n.name)).length;
  const wanted = it.set === undefined || it.nodes.length - bare < it.set.desired;
  return it.nodes.map((node): Standing => {
    const pod = driverOn(it.drivers, node.name);
    const agent = it.agents.find((p) => p.node === node.name && p.deletionTimestamp === undefined);
    const common = {
      node: node.name,
      ...(pod === undefined ? {} : { pod }),
      ...(agent === undefined ? {} : { agent }),
      waiting: waitingOn(it, node.name),
      carries: carriedBy(node, it.pods),
    };
    const csiNode = it.csiNodes.find((c) => c.name === node.name);
    const word = registration(site.csi.driver, csiNode, pod);
    if (node.ready !== 'True')
      return { ...common, is: 'down', because: `${node.name} is Ready=${node.ready}` };
    if (word.is === 'registered')
      return { ...common, is: 'registered', because: `${node.name} is registered` };
    if (pod === undefined) {
      return wanted
        ? { ...common, is: 'absent', because: `${node.name} has no pod of the driver` }
        : {
            ...common,
            is: 'uncovered',
            because: `the DaemonSet wants no pod on ${node.name}`,
          };
    }
    const because = `${node.name}: ${word.why}; ${sayPod(pod)}`;
    if (agent !== undefined && !agent.ready) {
      return {
        ...common,
        is: 'cut-off',
        because: `${because}; its network pod is not ready either: ${sayPod(agent)}`,
      };
    }
    // Other nodes have one, so the selector is right; where there is none at all `survey` says so.
    if (agent === undefined && it.agents.length > 0)
      return { ...common, is: 'cut-off', because: `${because}; no network pod runs there` };
    const young = now - Date.parse(pod.createdAt) < YOUNG_MS;
    return { ...common, is: young ? 'coming' : 'ill', because };
  });
}

/** The driver's pod on a node: of several the one that is not on its way out. */
export const driverOn = (drivers: readonly Pod[], node: string): Pod | undefined => {
  const there = drivers.filter((p) => p.node === node);
  return there.find((p) => p.deletionTimestamp === undefined) ?? there[0];
};

/** Pods that wait for an NFS volume on a node. */
export const waitingOn = (it: Known, node: string): readonly Pod[] =>
  allWaiting(it).filter((p) => p.node === node);

/** All pods that wait for an NFS volume. */
export const allWaiting = (it: Known): readonly Pod[] =>
  it.pods.filter((p) => isWaiting(p) && usesNfs(p, it.claims, it.volumes));
