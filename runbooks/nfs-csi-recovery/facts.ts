import { z } from 'zod';
import { PodRef } from '../../src/runbook/references.ts';

/** What is being repaired: the driver on a node, one of its controllers, or a speaker of the load balancer. */
export const KINDS = ['driver', 'controller', 'speaker'] as const;
export type Kind = (typeof KINDS)[number];

/** The pod that does not come up, and the one node that is worked on. */
export const Patient = z.object({
  kind: z.enum(KINDS),
  node: z.string(),
  pod: PodRef,
  because: z.string(),
  /** The ports of its containers' arguments: never a number of ours (COMMANDS C.1). */
  ports: z.array(z.number()).readonly(),
  /** The port that a container's last words name. */
  contested: z.number().nullable(),
  /** Containers that ended and are started again: their logs say why. */
  crashed: z.array(z.string()).readonly(),
  /** UIDs of the pods of its kind that were there when it was chosen: its successor is none of them. */
  known: z.array(z.string()).readonly(),
  /** The only control plane is on this node. */
  soleControlPlane: z.boolean(),
  /** What on this node must not be disturbed lightly, one phrase each. */
  carries: z.array(z.string()).readonly(),
});
export type Patient = z.output<typeof Patient>;

/** A node's network pod that is not ready. */
export const Agent = PodRef.extend({ containers: z.array(z.string()).readonly() });
export type Agent = z.output<typeof Agent>;

/** The ports that are looked at, and where they were read. */
export const Contest = z.object({ ports: z.array(z.number()).readonly(), from: z.string() });
export type Contest = z.output<typeof Contest>;

/** A sandbox whose pod the API does not know any more, as crictl lists it. */
export const SandboxRef = z.object({
  id: z.string(),
  podUid: z.string(),
  namespace: z.string(),
  name: z.string(),
  attempt: z.number(),
  ready: z.boolean(),
  createdAt: z.number(),
});
export type SandboxRef = z.output<typeof SandboxRef>;

/** An orphan that holds what somebody else needs. */
export const Holder = z.object({
  node: z.string(),
  sandbox: SandboxRef,
  /** Its containers by name: their logs go with it. */
  containers: z.array(z.string()).readonly(),
  /** `livenessprobe (pid 1816)`. */
  process: z.string(),
  because: z.string(),
});
export type Holder = z.output<typeof Holder>;

/** The main process of a unit that is to be restarted, on one boot of its node; 0 where it has none. */
export const Service = z.object({ node: z.string(), bootId: z.string(), mainPid: z.number() });
export type Service = z.output<typeof Service>;

/** How things stood when the run began. */
export const Begun = z.object({
  /** Milliseconds since 1970, UTC. */
  at: z.number(),
  /** Nodes on which the driver was not registered. */
  ill: z.array(z.string()).readonly(),
  /** Pods that waited for an NFS volume, by UID and name: the list to verify by (DOMAIN 2.1, confirm 10). */
  waiting: z.array(PodRef).readonly(),
});
export type Begun = z.output<typeof Begun>;

/** A node that this run has repaired. */
export const Repaired = z.object({
  node: z.string(),
  /** The pod that serves it now. */
  uid: z.string(),
  mount: z.enum(['mounted', 'not tried']),
});
export type Repaired = z.output<typeof Repaired>;

/** A pod whose container the kubelet has lost: whether it still runs is not known from the API (COMMANDS C.4). */
export const Lost = z.object({
  pod: PodRef,
  /** Its volumes on NFS: the name of the PersistentVolume, and the last part of its path on the server. */
  volumes: z.array(z.object({ name: z.string(), directory: z.string() })).readonly(),
  /** A terminated pod goes at once, whatever the grace: deleting it is forcing it (pod strategy, CheckGracefulDelete). */
  atOnce: z.boolean(),
});
export type Lost = z.output<typeof Lost>;

/** Why the old process cannot write any more. */
export const Fence = z.object({ uid: z.string(), node: z.string(), because: z.string() });

/** A Vault pod that cannot open its database, and the directory of its data on the NFS server (none on block storage). */
export const Locked = z.object({ pod: PodRef, directory: z.string().nullable() });
export type Locked = z.output<typeof Locked>;

/** A pod that stays down: why, and what a person does about it. */
export const Unfinished = z.object({ uid: z.string(), todo: z.string() });
export type Unfinished = z.output<typeof Unfinished>;

export const facts = {
  begun: Begun,
  /** The healthy node that is left alone, to compare with; none where there was none. */
  control: z.string().nullable(),
  patient: Patient,
  /** The driver cannot reach the API without it: it comes first. */
  agent: Agent,
  contest: Contest,
  holder: Holder,
  service: Service,
  repaired: z.array(Repaired).readonly(),
  /** Nodes whose kernel NFS client another runbook has repaired, once for each time. */
  handed: z.array(z.string()).readonly(),
  laggard: PodRef,
  lost: Lost,
  fence: Fence,
  /** Vault pods that were started and did not come up. */
  vaults: z.array(Locked).readonly(),
  locked: Locked,
  /** What was seen on the way and is nobody's work here, one sentence each. */
  remarks: z.array(z.string()).readonly(),
  /** Who depends on the volumes and is left as it is, since acting would do harm. */
  unfinished: z.array(Unfinished).readonly(),
};
