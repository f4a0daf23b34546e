/** What the NFS-CSI side adds to the world's data; see `world.ts` for how it is kept. */

/** A port that a process has bound, in the node's own network (COMMANDS C.1, C.4). */
export interface Port {
  readonly protocol: 'tcp' | 'udp';
  /** `127.0.0.1` for health endpoints. */
  readonly address: string;
  readonly port: number;
}

/**
 * A pod sandbox that containerd has beside those of the pods that run: its pod is unknown to the API (an orphan), or the
 * kubelet lost it (COMMANDS C.3). Its processes stand among the node's own, by the pod's UID.
 */
export interface Stray {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly attempt: number;
  readonly createdAt: number;
  readonly ready: boolean;
  readonly containers: readonly string[];
  /** `crictl stopp` is refused: `unable to signal init: permission denied` (DOMAIN 2.1 A2, 17 May). */
  readonly undead: boolean;
}

/** How often a container ended, and how the last time: kubelet's `lastState`. */
export interface Ended {
  readonly container: string;
  readonly restarts: number;
  readonly at: number;
  readonly exitCode: number;
  /** Its last words: the termination message, and the end of its log. */
  readonly message: string;
  /** It waits for kubelet's back-off to pass. */
  readonly down: boolean;
}

/** A lock that the NFS server keeps for a client that is gone, until its lease is over (COMMANDS B.8, C.4). */
export interface Lapse {
  readonly node: string;
  /** The name of the volume whose files were open and locked. */
  readonly volume: string;
  readonly until: number;
}
