import { z } from 'zod';

/**
 * Things of a cluster as runbooks carry them in facts: by what identifies them, since names are used again (DESIGN: promises
 * 2 and 6).
 */

/** A pod as it was seen: its name alone proves nothing, since a StatefulSet uses it again (DOMAIN 2.0). */
export const PodRef = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  /** Empty where it is not scheduled. */
  node: z.string(),
  /** Empty where it has none yet. */
  ip: z.string(),
});
export type PodRef = z.output<typeof PodRef>;

/** A node as it was seen: its boot ID tells one boot of it from the next. */
export const NodeRef = z.object({
  name: z.string(),
  uid: z.string(),
  address: z.string(),
  bootId: z.string(),
  systemUuid: z.string(),
  controlPlane: z.boolean(),
});
export type NodeRef = z.output<typeof NodeRef>;

/** One stuck task, pinned by PID and start time (clock ticks since boot). */
export const StuckTask = z.object({
  node: z.string(),
  pid: z.number(),
  startTicks: z.number(),
  comm: z.string(),
  wchan: z.string(),
  ageSeconds: z.number(),
});
export type StuckTask = z.output<typeof StuckTask>;
