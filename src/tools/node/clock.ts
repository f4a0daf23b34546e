/** Clocks that agree to this are not spoken of: a look takes seconds, and NTP keeps them far closer. In milliseconds. */
const AGREE_MS = 30_000;

/**
 * How the clock of a node stands to this machine's, for a person; `undefined` where they agree. `now` is what the node
 * said, in seconds since 1970, and `at` when it was heard, in milliseconds.
 */
export function sayClock(node: string, now: number, at: number): string | undefined {
  const ahead = now * 1000 - at;
  return Math.abs(ahead) < AGREE_MS
    ? undefined
    : `the clock of ${node} is ${inWords(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`;
}

function inWords(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 2) return `${Math.round(ms / 1000)} s`;
  return minutes < 100 ? `${Math.round(minutes)} min` : `${Number((minutes / 60).toFixed(1))} h`;
}
