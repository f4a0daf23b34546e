/** What the kernel's NFS client and server add to the world's data; see `world.ts` for how it is kept. */

/** The protocol versions of which a node's kernel keeps a client each (COMMANDS B.7). */
export type NfsVersion = '4.2' | '4.1' | '4.0' | '3';

/** When a wedged client works again, apart from a reset of its node. */
export type Heals =
  | { readonly it: 'never' }
  /** By itself: it reconnects. */
  | { readonly it: 'at'; readonly at: number }
  /** Once no `mount.nfs` of the node waits any more: nothing holds its dead connection. */
  | { readonly it: 'unheld' };

/**
 * What is wrong with a node's client of one version (COMMANDS B.7). Without an entry it is ready where something is
 * mounted with that version, and absent where nothing is.
 */
export type ClientFault =
  /** Case P: that `mount.nfs` sets it up and waits for ever; whoever needs a new client waits behind it. */
  | { readonly is: 'initialising'; readonly by: number }
  /** Case W: its session is dead, whatever goes through it hangs. */
  | { readonly is: 'wedged'; readonly since: number; readonly heals: Heals };

/**
 * Where a `mount.nfs` that does not come back is: it sets the client up, queues behind another's set-up, waits for the
 * mutex of that, or for the answer to a call through a client that is ready and dead.
 */
export type MountWait = 'set-up' | 'queue' | 'mutex' | 'answer';

/** The kernel's NFS server on the hypervisor (COMMANDS B.6, B.7). */
export interface NfsServer {
  /** `hung`: it takes connections and answers nothing. `dropped`: packets to it vanish. */
  readonly state: 'up' | 'hung' | 'stopped' | 'dropped';
  /** It is in grace for 90 s from then on. */
  readonly startedAt: number;
  readonly threads: number;
  readonly versions: readonly NfsVersion[];
  readonly load1: number;
  /** When the fault is over by itself. */
  readonly liftsAt?: number;
}
