import { z } from 'zod';
import { NodeRef, PodRef, StuckTask } from '../../src/runbook/references.ts';

/** What is wrong with the node's client (COMMANDS B.7), or with what else keeps it from mounting. */
export const Verdict = z.object({
  is: z.enum(['dead-holder', 'poisoned', 'stuck', 'wedged', 'kubelet', 'dark']),
  because: z.string(),
});
export type Verdict = z.output<typeof Verdict>;

/** The rungs below a reset, lowest first: each is climbed only when those below it are refuted or ruled out. */
export const RUNGS = ['kill-poisoner', 'wait-lease', 'kill-mounts', 'csi-pod', 'kubelet'] as const;
export type Rung = (typeof RUNGS)[number];

/** What people call them. */
export const RUNG_WORDS: Readonly<Record<Rung, string>> = {
  'kill-poisoner': 'SIGKILL of the mount that holds up the others',
  'wait-lease': 'waiting for one lease',
  'kill-mounts': 'SIGKILL of stuck mounts',
  'csi-pod': 'another CSI driver pod',
  kubelet: 'a restart of the kubelet',
};

/** A rung that is behind us: it was tried and did not help, or it cannot help here, and why. */
export const Climbed = z.object({
  rung: z.enum(RUNGS),
  is: z.enum(['refuted', 'ruled-out']),
  because: z.string(),
});
export type Climbed = z.output<typeof Climbed>;

/** One stuck `mount.nfs` that is to be killed. */
export const StuckMount = StuckTask.extend({
  /** It holds up the set-up of the client, and with it every new mount (COMMANDS B.2: the poisoner). */
  poisons: z.boolean(),
});
export type StuckMount = z.output<typeof StuckMount>;

/** A stuck mount that was sent SIGKILL. */
export const Killed = z.object({ pid: z.number(), startTicks: z.number() });
export type Killed = z.output<typeof Killed>;

/** A version of NFS, as a test mount asks for it. */
const Version = z.enum(['default', '4.2', '4.1', '4.0', '3']);

/** The VM under the node, proven twice (COMMANDS D.2). */
export const VmRef = z.object({
  host: z.string(),
  vmid: z.number(),
  name: z.string(),
  uuid: z.string().optional(),
  proven: z.tuple([z.string(), z.string()]).rest(z.string()).readonly(),
  hostpci: z.array(z.string()).readonly(),
});
export type VmRef = z.output<typeof VmRef>;

/** A boot that this run has ended, and the one that came after it. */
export const Reboot = z.object({ node: z.string(), from: z.string(), to: z.string() });
export type Reboot = z.output<typeof Reboot>;

/** A node that is well again. */
export const Repair = z.object({ node: z.string(), how: z.string(), at: z.number() });
export type Repair = z.output<typeof Repair>;

export const facts = {
  /** The one node that is being repaired. */
  target: NodeRef,
  /** A known-good node: what is measured on the target is measured there too. */
  control: z.string(),
  /** The versions of NFS that are tried, in this order. */
  order: z.array(Version).readonly(),
  /** The one by which it is measured whether the client is healed. */
  version: Version,
  /** How long a client may stay silent, as the server says, in seconds; 0 where it could not be asked. */
  leaseSeconds: z.number(),
  verdict: Verdict,
  climbed: z.array(Climbed).readonly(),
  /** The rung that is taken next; whether it helped is seen when the node is looked at again. */
  tried: z.enum([...RUNGS, 'none yet']),
  task: StuckMount,
  /** Mounts of this node that were sent SIGKILL: none is sent it twice. */
  killed: z.array(Killed).readonly(),
  /** The node's CSI pod, or its network pod. */
  agent: PodRef,
  /** The main PID of the kubelet that is to go; 0 where systemd names none. */
  kubeletPid: z.number(),
  vm: VmRef,
  /** Vault's pods, for counting voters with and without the node. */
  voters: z.array(PodRef).readonly(),
  /** Who made the node unschedulable: only this run's cordons are taken back. */
  cordonedBy: z.enum(['this run', 'somebody else']),
  cordoned: z.array(z.string()).readonly(),
  evictable: z.array(PodRef).readonly(),
  /** CSI drivers that were registered on the node before it went down. */
  drivers: z.array(z.string()).readonly(),
  /** Nodes that were looked at closely, and are well. */
  cleared: z.array(z.string()).readonly(),
  /** Whether the node must come back with another boot ID. */
  awaits: z.enum(['a new boot', 'the same boot']),
  reboots: z.array(Reboot).readonly(),
  /** Nodes on which a reset was proven to have done nothing. */
  idle: z.array(z.string()).readonly(),
  /** Nodes that were repaired, each with what it took, and when (milliseconds since 1970, UTC). */
  repaired: z.array(Repair).readonly(),
  /** What people have to finish, one sentence each. */
  leftovers: z.array(z.string()).readonly(),
};
