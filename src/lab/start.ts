/** When every rehearsal begins: the day of DOMAIN 2.4, twenty minutes after the leader hung. */
export const START = Date.UTC(2026, 3, 22, 9, 20, 0);

/** Since when a leader hangs, in most scenarios. */
export const HUNG_AT = START - 20 * 60_000;
