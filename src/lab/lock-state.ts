/** The locks of runs, as data of the world; see `world.ts` for how it is kept. */

/** The Lease `sre-run` as it was last written. */
export interface KeptLease {
  readonly namespace: string;
  readonly createdAt: number;
  /** Grows with every write: the resource version shows it. */
  readonly version: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: LeaseSpec;
}

/** As far as runs write it (coordination.k8s.io/v1). */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** The lock under `/run/sre` of the hypervisor (src/tools/pve/run-lock.sh); times are whole seconds, as the script keeps them. */
export interface KeptLock {
  /** The last number that was given out. */
  readonly number: number;
  readonly holder?: {
    readonly run: string;
    readonly number: number;
    readonly seconds: number;
    readonly since: number;
    readonly beat: number;
    readonly owner: string;
    readonly purpose: string;
  };
}
