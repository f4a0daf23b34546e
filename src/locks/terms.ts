/** The numbers of the locks; all of them stand here. */

/** How often a live run renews what it holds. */
export const HEARTBEAT_SECONDS = 20;

/**
 * Without a heartbeat for so long a lock may be taken over. It outlives a few heartbeats that fail, each after its own
 * deadline (13 s for kubectl, 12 s on a hypervisor), and the longest single mutation (100 s: a VM that is stopped or started):
 * whoever sends one and is killed is over with it before anybody else may begin.
 */
export const EXPIRY_SECONDS = 180;

/**
 * What is added before a Lease counts as expired: its heartbeat is written by the clock of one operator's machine and read
 * by that of another. The lock of a hypervisor needs none: its host alone counts.
 */
export const CLOCK_SLACK_SECONDS = 60;

/** How often a lock is tried that somebody changes between the look and the write. */
export const ATTEMPTS = 3;
