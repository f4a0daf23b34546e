/** What the loop asks of the locks that keep mutating runs apart, and what they say. */

/** Who holds a lock, as the lock itself says; what stands here was written by others, and is one clean line each. */
export interface LockHolder {
  /** The id of its run; absent: the lock is half made, and nobody knows whose it is. */
  readonly run?: string;
  /** `user@host`. */
  readonly owner: string;
  /** Its runbook and step. */
  readonly purpose: string;
  readonly number: number;
  /** Since its last heartbeat. */
  readonly silentSeconds: number;
  /** Since it was taken, where the lock says so. */
  readonly heldSeconds?: number;
  /** Without a heartbeat for longer than it promised: it may be taken over with a typed reason, and only so. */
  readonly expired: boolean;
}

/** An expired lock that was taken over, from whom and why. */
export interface TakeOver {
  readonly from: LockHolder;
  /** As the operator typed it. */
  readonly reason: string;
}

/** What one lock said. */
export interface LockWord {
  /** A file of this machine, a Lease of the cluster, or a directory on a hypervisor. */
  readonly lock: 'local' | 'lease' | 'host';
  /** `Lease kube-system/sre-run`, `pve: /run/sre/run.lock`. */
  readonly where: string;
  /**
   * `held`: it is this run's, verified by this very answer. `refused`: another run has it. `unknown`: it was not to be
   * read or written, which is never the same as free. `lost`: it was this run's, and is not any more. `released`: it is
   * not this run's any more, because this run gave it back or never had it.
   */
  readonly verdict: 'held' | 'refused' | 'unknown' | 'lost' | 'released';
  /** A sentence for a tired person: who holds it, since when, for what, and what to do. */
  readonly because: string;
  /** Of this run's holding: higher than that of every holder before it. */
  readonly number?: number;
  /** When a lock that is held is over without a renewal: ISO 8601, UTC. */
  readonly expiresAt?: string;
  /** Who else holds it. */
  readonly holder?: LockHolder;
  readonly tookOver?: TakeOver;
}

/** What the locks said, each at most once and in the order in which they are taken; after a refusal no further one is asked. */
export interface LockReport {
  readonly words: readonly LockWord[];
  /** Why nothing may be changed now: a sentence with what to do; absent where it may. */
  readonly refusal?: string;
}

/**
 * The locks that keep mutating runs apart, from wherever they are started. None of these rejects: what cannot be asked is
 * `unknown`. They may be called while another is under way, as by a heartbeat: one goes after the other.
 */
export interface Locks {
  /**
   * Takes all that can be had, before the first mutation; `purpose`: the step. With a refusal, what was taken is given back.
   */
  readonly take: (purpose: string, signal: AbortSignal) => Promise<LockReport>;
  /**
   * Verifies and renews what is held, and tries again for what was not to be had; before every mutation, and as a
   * heartbeat in between. With a refusal, nothing more may be changed; what is held stays so until it is released.
   */
  readonly renew: (purpose: string, signal: AbortSignal) => Promise<LockReport>;
  /** Gives back all that is or may be held, on the way out. What cannot be given back is `unknown` and is left to expire. */
  readonly release: (signal: AbortSignal) => Promise<LockReport>;
}
