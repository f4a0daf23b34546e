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
  readonly poisonedNodes: readonly string[];
  readonly mutations: readonly Mutation[];
  readonly canaries: number;
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
    mutations: world.mutations,
    canaries: world.canaries,
  };
}
