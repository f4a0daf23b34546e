/** Whether a task waiting there dies of SIGKILL. `no`: it was seen to survive it, or its source says so. */
export type Killable = 'yes' | 'no' | 'unknown';

interface WaitChannel {
  /** The kernel symbol, or how it begins. */
  readonly prefix: string;
  readonly killable: Killable;
  /** Whether it belongs to the NFS client, to RPC below it, or to the writeback of dirty pages. */
  readonly nfs: boolean;
}

const channel = (prefix: string, killable: Killable, nfs: boolean): WaitChannel => ({
  prefix,
  killable,
  nfs,
});

/**
 * Known wait channels. Recorded on kernel 6.1: COMMANDS B.2 (lab 03, 04, 10) and REALITY 2 and 4c; the others are older
 * or newer names of the same waits, from kernel source.
 *
 * `folio_wait_bit_common` stands for two waits: the writeback of dirty pages, which survived SIGKILL, and a page fault,
 * which did not (lab 04, threads 140 and 141). From the channel alone they cannot be told apart, so it counts as `no`.
 */
const CHANNELS: readonly WaitChannel[] = [
  // Waiting for an RPC reply, or behind the set-up of another mount.
  channel('rpc_wait_bit_killable', 'yes', true),
  channel('nfs_wait_client_init_complete', 'yes', true),
  channel('nfs_wait_bit_killable', 'yes', true),
  channel('nfs4_delay_killable', 'yes', true),
  // A mutex held by the mount that waits for its server; free once that one is killed.
  channel('nfs4_discover_server_trunking', 'no', true),
  // Dirty pages on their way to the server.
  channel('folio_wait_bit_common', 'no', true),
  channel('folio_wait_writeback', 'no', true),
  channel('wait_on_page_bit_common', 'no', true),
  channel('wait_on_page_bit', 'no', true),
  channel('wait_on_page_writeback', 'no', true),
  channel('__filemap_fdatawait_range', 'no', true),
  channel('nfs_file_fsync', 'no', true),
  channel('nfs_wait_on_request', 'no', true),
  channel('wb_wait_for_completion', 'no', true),
  channel('balance_dirty_pages', 'yes', true),
  // Behind another task's lock on an inode or a file system: free once that one goes.
  channel('path_openat', 'no', false),
  channel('rwsem_down_', 'no', false),
  channel('percpu_rwsem_wait', 'no', false),
  channel('__mutex_lock', 'unknown', false),
  // A parent in vfork(2).
  channel('kernel_clone', 'yes', false),
  // Others of the NFS client and of RPC: what they wait for is known, whether they can be killed is not.
  channel('rpc_', 'unknown', true),
  channel('__rpc_', 'unknown', true),
  channel('xprt_', 'unknown', true),
  channel('nfs', 'unknown', true),
  channel('_nfs', 'unknown', true),
  channel('__nfs', 'unknown', true),
];

/**
 * What a wait channel says about a task that waits there: the longest known prefix counts, because compilers add
 * suffixes (`.constprop.0`) and newer kernels rename. An unknown channel is `unknown`, and no NFS.
 */
export function waitChannel(wchan: string): { readonly killable: Killable; readonly nfs: boolean } {
  const known = CHANNELS.filter((c) => wchan.startsWith(c.prefix)).toSorted(
    (a, b) => b.prefix.length - a.prefix.length,
  )[0];
  return known === undefined
    ? { killable: 'unknown', nfs: false }
    : { killable: known.killable, nfs: known.nfs };
}

/**
 * Whether the symbol is one of the NFS client or of RPC below it. The writeback of dirty pages is not: a local disk that is slow
 * shows the same channel.
 */
export const isNfsSymbol = (wchan: string): boolean => /^_{0,2}(?:nfs|rpc|xprt)/.test(wchan);
