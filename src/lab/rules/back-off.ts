/** Kubelet's wait before it starts a container that ended: from 10 s, doubled each time, up to 5 min. */
export const backOff = (restarts: number): number =>
  Math.min(300_000, 10_000 * 2 ** Math.min(10, Math.max(0, restarts - 1)));
