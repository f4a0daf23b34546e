import { z } from 'zod';
import { PodRef, StuckTask } from '../../src/runbook/references.ts';

/** The pod that is to go, and why it may. */
export const Victim = z.object({
  pod: PodRef,
  /** What it is to the raft: the leader that stands in the way, or a voter that does not work. */
  role: z.enum(['leader', 'voter']),
  /** How it looked when it was chosen; the drift gate looks for a change of just this. */
  state: z.enum(['silent', 'storage', 'ha-inactive', 'down', 'looping', 'unresolved']),
  because: z.string(),
  /** An operator goes on without proof, in their own name. */
  unproven: z.boolean(),
  /** Functional voters without it, and what quorum asks for. */
  functionalWithout: z.number(),
  quorum: z.number(),
});
export type Victim = z.output<typeof Victim>;

/** What the window of evidence proved about the leader. */
export const Leader = z.object({
  pod: PodRef,
  state: z.enum(['silent', 'storage', 'ha-inactive']),
  because: z.string(),
  proven: z.boolean(),
});
export type Leader = z.output<typeof Leader>;

/** Why the old process cannot write any more. */
export const Fence = z.object({
  uid: z.string(),
  node: z.string(),
  because: z.string(),
});

/** Who unseals the pod that comes back. */
export const Unsealing = z.enum(['sidecar', 'kms', 'hand']);

export const facts = {
  pods: z.array(PodRef).readonly(),
  /** Pods that answered as unsealed standbys when Vault was first looked at: a token may be used through them. */
  standbys: z.array(z.string()).readonly(),
  /** The leader that stands in the way; none where nobody leads. */
  leader: Leader.nullable(),
  backend: z.enum(['nfs', 'block']),
  victim: Victim,
  unsealing: Unsealing,
  task: StuckTask,
  fence: Fence,
  replacement: PodRef,
  /** Nodes that were repaired in this run: another reset of one of them asks for a reason. */
  repaired: z.array(z.string()).readonly(),
  /** A member that does not answer while Vault works without it. */
  member: PodRef,
  /** The fsGroup of the StatefulSet's pods, for a patch that is refused if it changed. */
  fsGroup: z.number(),
  snapshot: z.string(),
};
