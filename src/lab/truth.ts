import { sick } from './nfs-client.ts';
import { podOf, quorum, serving, takesPart } from './raft.ts';
import type { Mutation, World } from './world.ts';

/** What is really so, for tests: no command shows it. */
export interface Truth {
  readonly voters: readonly string[];
  /** Voters whose pod is there to stay, and whose process can vote and answers. */
  readonly functional: readonly string[];
  readonly quorum: number;
  /** Some server leads, is active, and acknowledges a write that passes the audit device. */
  readonly leaderWorking: boolean;
  readonly leader: string | undefined;
  /** Two processes wrote to one volume. */
  readonly dataLost: boolean;
  /** Live pods whose sandbox somebody stopped: must stay empty. */
  readonly wrongSandbox: readonly string[];
  /** Nodes whose kernel has an NFS client at fault. */
  readonly poisonedNodes: readonly string[];
  /** Two nodes were down by somebody's hand at the same time, ever. */
  readonly bothDown: boolean;
  /** Nodes that nothing is scheduled to now. */
  readonly cordoned: readonly string[];
  /** The boot that each node is in. */
  readonly bootIds: Readonly<Record<string, string>>;
  /** How often each node's machine was told to reset, whether it did or not; a node that never was is not here. */
  readonly resets: Readonly<Record<string, number>>;
  /** Tasks that somebody killed and that were no `mount.nfs`: must stay empty. */
  readonly killed: readonly string[];
  readonly mutations: readonly Mutation[];
  readonly canaries: number;
}

/** Resets by node: a mutation names the machine and its guest, `202:k8s-node2`. */
function resetsOf({ mutations }: World): Readonly<Record<string, number>> {
  const nodes = mutations
    .filter((it) => it.what === 'reset-vm')
    .map(({ target }) => target.slice(target.indexOf(':') + 1));
  return Object.fromEntries(
    [...new Set(nodes)].map((node) => [node, nodes.filter((it) => it === node).length]),
  );
}

/** Looks behind the curtain of a world. */
export function truth(world: World): Truth {
  const leader = serving(world);
  return {
    voters: world.members.map((member) => member.id),
    functional: world.members
      .filter((member) => {
        const pod = podOf(world, member);
        return pod?.stage === 'running' && pod.deletion === undefined && takesPart(world, member);
      })
      .map((member) => member.id),
    quorum: quorum(world),
    leaderWorking: leader !== undefined && leader.audit === 'ok',
    leader: leader?.id,
    dataLost: world.dataLost,
    wrongSandbox: world.wrongSandbox,
    poisonedNodes: world.nodes.filter((node) => sick(node)).map((node) => node.name),
    bothDown: world.bothDown,
    cordoned: world.nodes.filter((node) => node.unschedulable).map((node) => node.name),
    bootIds: Object.fromEntries(world.nodes.map((node) => [node.name, node.bootId])),
    resets: resetsOf(world),
    killed: world.killed,
    mutations: world.mutations,
    canaries: world.canaries,
  };
}
