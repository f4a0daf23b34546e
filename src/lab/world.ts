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
    | { readonly it: 'gone'; readonly pid: number };
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
  /** Another thread that is in state D. */
  readonly stuck?: Stuck;
  readonly termAt?: number;
  readonly killAt?: number;
}

export interface Mount {
  readonly podUid: string;
  readonly volume: string;
}

/** Why a node cannot make new NFS mounts: an abandoned mount that can be killed, or remains that only a reset clears. */
export type Poison = { readonly by: 'mount'; readonly pid: number } | { readonly by: 'zombie' };

export interface Node {
  readonly name: string;
  readonly address: string;
  /** First three parts of its pods' addresses. */
  readonly podNet: string;
  readonly controlPlane: boolean;
  readonly bootId: string;
  readonly systemUuid: string;
  readonly bootedAt: number;
  readonly kubelet: 'running' | 'hung';
  /** When the kubelet last renewed the node's lease, if it no longer does. */
  readonly kubeletSince: number;
  readonly unschedulable: boolean;
  readonly poison?: Poison;
  readonly processes: readonly Process[];
  readonly mounts: readonly Mount[];
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
    readonly kind: 'StatefulSet' | 'ReplicaSet' | 'DaemonSet' | 'Job';
    readonly name: string;
  };
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly string[];
  readonly claims: readonly string[];
  readonly fsGroup?: number;
  readonly fsGroupChangePolicy?: string;
  readonly restarts: number;
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
  readonly claim: string;
  readonly name: string;
  readonly backend: 'nfs' | 'block';
  /** So many files that a change of owner over NFS does not end (DOMAIN 2.2 B7). */
  readonly slowToChown: boolean;
}

export interface KubeEvent {
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
  readonly what: 'delete-pod' | 'force-delete-pod' | 'patch-statefulset' | 'kill-task';
  readonly target: string;
}

/** What a scenario has in store for later. */
export interface Plot {
  /** So long after a member became active, its audit sink fails (DOMAIN 2.4, 11:18). */
  readonly auditFailsAfterMs?: number;
  /** After its next start this member and the others do not find each other's names for so long. */
  readonly unresolvedAfterStart?: { readonly id: string; readonly forMs: number };
  /** How long the followers wait for a heartbeat before they elect. */
  readonly electionMs?: readonly [number, number];
  /** Where the scheduler puts a pod, if that node is free. */
  readonly lands?: Readonly<Record<string, string>>;
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
  readonly events: readonly KubeEvent[];
  readonly plot: Plot;
  readonly mutations: readonly Mutation[];
  readonly canaries: number;
  /** Two writers on one volume. */
  readonly dataLost: boolean;
}
