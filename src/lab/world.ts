import type { Ended, Lapse, Port, Stray } from './csi-state.ts';
import type { ClientFault, MountWait, NfsServer, NfsVersion } from './kernel-state.ts';
import type { KeptLease, KeptLock } from './lock-state.ts';
import type { Power, Vm } from './machine-state.ts';

export type { ClientFault, MountWait, NfsServer, NfsVersion } from './kernel-state.ts';
export type { Vm } from './machine-state.ts';

/**
 * The simulated cluster as plain data: it goes to disk as JSON and comes back equal. What can be derived (Kubernetes
 * objects, `/proc` lines, leases) is derived when it is asked for; here stands only what makes a difference. All times
 * are milliseconds since 1970, UTC, on the lab's own clock.
 */

/** A timed deed that the rules have asked for, by key; see `rules/`. */
export interface Due {
  readonly at: number;
  readonly key: string;
}

/** A thread that a signal alone does not end, and what lets it go (COMMANDS B.2; REALITY 4c). */
export interface Stuck {
  readonly tid: number;
  readonly wchan: string;
  readonly until:
    | { readonly it: 'never' }
    /** So long after the process was signalled: a soft mount gives up with an error. */
    | { readonly it: 'signalled'; readonly afterMs: number }
    /** Once that process is gone: it holds what the thread waits for. */
    | { readonly it: 'gone'; readonly pid: number }
    /** Once the node's NFS client and the server answer again; SIGKILL ends it at any time. */
    | { readonly it: 'answered' };
}

/** A process of a node, as far as somebody may look at it. */
export interface Process {
  readonly pid: number;
  readonly ppid: number;
  /** Clock ticks (100 a second) since the node booted. */
  readonly startTicks: number;
  readonly comm: string;
  /** The pod whose cgroup it is in. */
  readonly podUid?: string;
  /** The pod for which a `mount.nfs` mounts. */
  readonly mountsFor?: string;
  readonly threads: number;
  /** Where the main thread waits, if it is in state D itself. */
  readonly wchan?: string;
  /** What a `mount.nfs` mounts with, and what it waits for (COMMANDS B.2; REALITY 4c, 4d). */
  readonly mounting?: { readonly version: NfsVersion; readonly waitsFor: MountWait };
  /** Another thread that is in state D. */
  readonly stuck?: Stuck;
  /** What it has bound in the node's own network: a zombie with a thread in D still has it (COMMANDS C.3). */
  readonly ports?: readonly Port[];
  /** The container it runs in, where that is not called like the process. */
  readonly container?: string;
  readonly termAt?: number;
  readonly killAt?: number;
}

export interface Mount {
  readonly podUid: string;
  readonly volume: string;
  /** The version it was mounted with, where it is on NFS; absent: 4.2. */
  readonly version?: NfsVersion;
}

export interface Node {
  readonly name: string;
  readonly address: string;
  /** First three parts of its pods' addresses. */
  readonly podNet: string;
  readonly controlPlane: boolean;
  readonly power: Power;
  readonly bootId: string;
  /** The boot ID that its kubelet last told the API server. */
  readonly reportedBootId: string;
  readonly systemUuid: string;
  readonly bootedAt: number;
  /** How often it booted since the world was built. */
  readonly boots: number;
  /**
   * `hung`: the process is there and says nothing. `zombie`: dead with a thread in D, and it holds its ports
   * (COMMANDS B.3). `down`: there is none yet, or none any more.
   */
  readonly kubelet: 'running' | 'hung' | 'zombie' | 'down';
  /** When the kubelet last renewed the node's lease, if it no longer does. */
  readonly kubeletSince: number;
  readonly kubeletPid: number;
  /** Clock ticks since the node booted. */
  readonly kubeletStart: number;
  readonly containerdPid: number;
  /** Clock ticks since the node booted. */
  readonly containerdStart: number;
  readonly unschedulable: boolean;
  /** Faults of the kernel's NFS clients, by version. */
  readonly nfs: Readonly<Partial<Record<NfsVersion, ClientFault>>>;
  /** Its way to the NFS server is dropped, and nobody else's. */
  readonly pathDropped?: true;
  /** A test mount is under way until then: its lock is taken. */
  readonly probingUntil?: number;
  readonly processes: readonly Process[];
  readonly mounts: readonly Mount[];
  /** Volumes whose mount was detached while something still held it: superblocks without a mount (COMMANDS B.4). */
  readonly ghosts: readonly string[];
  /** Sandboxes of containerd that belong to no pod that runs (COMMANDS C.3). */
  readonly strays: readonly Stray[];
  /** Somebody reset or stopped it, and its kubelet is not back yet. */
  readonly downByHand?: true;
}

/** How far a pod has come. `crashing`: its main container starts and dies again. */
export type Stage = 'mounting' | 'chowning' | 'starting' | 'running' | 'crashing';

export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly ip?: string;
  readonly createdAt: number;
  readonly stage: Stage;
  readonly since: number;
  readonly owner?: {
    readonly kind: 'StatefulSet' | 'ReplicaSet' | 'DaemonSet' | 'Job' | 'Node';
    readonly name: string;
  };
  readonly hostNetwork?: true;
  /** The hash of a static pod's manifest: the API shows its mirror (COMMANDS C.3). */
  readonly configHash?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly string[];
  readonly claims: readonly string[];
  readonly fsGroup?: number;
  readonly fsGroupChangePolicy?: string;
  readonly restarts: number;
  /** How many sandboxes it had before this one. */
  readonly sandbox?: number;
  /** How its containers ended before, where one did. */
  readonly ended?: readonly Ended[];
  /** What ails this very pod until it is replaced: that container dies with these words. */
  readonly flaw?: { readonly container: string; readonly message: string };
  /** The kubelet lost its container: Failed, `ContainerStatusUnknown`; its process may still run (COMMANDS C.4). */
  readonly lost?: true;
  /** The kubelet does not come back to its mount: only a new pod gets one (DOMAIN 2.1 A7). */
  readonly laggard?: true;
  readonly deletion?: { readonly askedAt: number; readonly graceMs: number };
}

/** Vault's server as its own process is: what answers, what keeps quiet (COMMANDS A.2). */
export type Health =
  | 'working'
  /** Answers after seconds, and works. */
  | 'slow'
  /** Accepts TCP and sends no byte; heartbeats go on: the incident of 22 April. */
  | 'silent'
  /** S1: unauthenticated endpoints answer, nothing is written. */
  | 'blocked'
  /** S2: stopped whole; the kernel still accepts TCP. */
  | 'frozen'
  | 'gone';

export interface LogLine {
  readonly at: number;
  readonly level: 'INFO' | 'WARN' | 'ERROR';
  readonly text: string;
}

/** One raft server: its data outlives its process; `podUid` is the pod whose process it is now. */
export interface Member {
  readonly id: string;
  readonly podUid: string;
  readonly health: Health;
  readonly sealed: boolean;
  readonly role: 'leader' | 'follower';
  readonly term: number;
  readonly index: number;
  /** The HA layer: only an active leader serves (COMMANDS A.2 iii). */
  readonly activeSince?: number;
  /** `never`: it can lead raft and does not become active, until its process is started anew. */
  readonly activates: 'yes' | 'never';
  readonly audit: 'ok' | 'fails';
  /** The leader that it names: never forgotten, even when dead (COMMANDS 0.6). */
  readonly knows?: { readonly id: string; readonly ip: string };
  /** Names that its resolver does not find, and until when (DOMAIN 2.2: NXDOMAIN). */
  readonly unresolved: readonly { readonly id: string; readonly until: number }[];
  readonly log: readonly LogLine[];
}

export interface Volume {
  readonly namespace: string;
  readonly claim: string;
  readonly name: string;
  readonly backend: 'nfs' | 'block';
  /** The NFS version that its mount options ask for; absent: 4, which becomes 4.2. */
  readonly version?: NfsVersion;
  /** So many files that a change of owner over NFS does not end (DOMAIN 2.2 B7). */
  readonly slowToChown: boolean;
}

export interface KubeEvent {
  readonly namespace: string;
  /** The node whose kubelet tells it. */
  readonly host?: string;
  readonly podUid: string;
  readonly pod: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Something that changed what people depend on, by whoever asked for it. */
export interface Mutation {
  readonly at: number;
  readonly what:
    | 'delete-pod'
    | 'force-delete-pod'
    | 'evict-pod'
    | 'patch-statefulset'
    | 'cordon'
    | 'uncordon'
    | 'kill-task'
    | 'restart-kubelet'
    | 'restart-containerd'
    | 'stop-sandbox'
    | 'remove-sandbox'
    | 'detach-mount'
    | 'remove-directory'
    | 'reset-vm'
    | 'resume-vm'
    | 'stop-vm'
    | 'start-vm';
  readonly target: string;
}

/** A controller that keeps pods of other people running; Vault's own set has a rule of its own. */
export interface Workload {
  readonly kind: 'StatefulSet' | 'ReplicaSet' | 'DaemonSet';
  readonly namespace: string;
  /** As its pods name their owner. */
  readonly name: string;
  readonly app: string;
  /** Of a ReplicaSet: the Deployment that owns it. */
  readonly deployment?: string;
  readonly replicas: number;
  /** Whether its pods have a claim: `data-POD` in a StatefulSet, `APP-data` else. */
  readonly stores: boolean;
  /** The only node on which its pods can run. */
  readonly pinned?: string;
}

/** A PodDisruptionBudget; what it allows now is counted when it is asked for. */
export interface Budget {
  readonly namespace: string;
  readonly name: string;
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly minAvailable?: number;
  readonly maxUnavailable?: number;
}

/** What a scenario has in store for later. */
export interface Plot {
  /** Nodes whose 4.2 client wedges again after that many boots more. */
  readonly wedgesAgain?: Readonly<Record<string, number>>;
  /** Nodes whose 4.2 client wedges for good at a given time. */
  readonly wedges?: readonly { readonly at: number; readonly node: string }[];
  /** So long after a member became active, its audit sink fails (DOMAIN 2.4, 11:18). */
  readonly auditFailsAfterMs?: number;
  /** After its next start this member and the others do not find each other's names for so long. */
  readonly unresolvedAfterStart?: { readonly id: string; readonly forMs: number };
  /** How long the followers wait for a heartbeat before they elect. */
  readonly electionMs?: readonly [number, number];
  /** Where the scheduler puts a pod of Vault, or of an application of other people, if that node is free. */
  readonly lands?: Readonly<Record<string, string>>;
  /** The node on which every CSI controller lands: the anti-affinity is missing (DOMAIN 2.1, 17 May). */
  readonly controllersOn?: string;
  /** Members that get this trouble at a given time. */
  readonly strikes: readonly {
    readonly at: number;
    readonly id: string;
    readonly health: Health;
  }[];
}

export interface World {
  readonly format: 1;
  readonly scenario: string;
  readonly seed: number;
  readonly at: number;
  /** Counts what was born, so that every pod and process gets an identity of its own. */
  readonly born: number;
  readonly timeline: readonly Due[];
  readonly api: 'up' | 'down';
  /** The inventory names a token file, and the token is good. */
  readonly token: boolean;
  /** The auto-unseal sidecar does its work. */
  readonly unseals: boolean;
  readonly secrets: readonly string[];
  readonly vaultVersion: string;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly volumes: readonly Volume[];
  /** The StatefulSet's template as far as it can be patched. */
  readonly template: {
    readonly fsGroup: number;
    readonly fsGroupChangePolicy?: string;
    readonly generation: number;
  };
  readonly members: readonly Member[];
  readonly vms: readonly Vm[];
  readonly nfsServer: NfsServer;
  readonly workloads: readonly Workload[];
  readonly budgets: readonly Budget[];
  readonly events: readonly KubeEvent[];
  readonly plot: Plot;
  readonly mutations: readonly Mutation[];
  readonly canaries: number;
  /** Two writers on one volume. */
  readonly dataLost: boolean;
  /** Live pods whose sandbox somebody stopped: `namespace/name on node`. */
  readonly wrongSandbox: readonly string[];
  /** Locks that outlive their client. */
  readonly lapses: readonly Lapse[];
  /** Two nodes were down by somebody's hand at the same time. */
  readonly bothDown: boolean;
  /** Tasks that somebody killed and that were no `mount.nfs`: `node:pid:comm`. */
  readonly killed: readonly string[];
  /** The Lease that keeps runs apart; absent, as in older worlds: nobody created it yet. */
  readonly runLease?: KeptLease;
  /** The same on the hypervisor; absent, as in older worlds: nobody took it yet. */
  readonly runLock?: KeptLock;
}
