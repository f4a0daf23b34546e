import { cancelled, refusal } from './not-begun.ts';

/** Why the wait is over although nothing came. */
export type Over = 'deadline' | 'cancelled';

/** A deadline and a signal in one: `over` settles at whichever comes first, and never rejects. */
export interface Watch extends Disposable {
  readonly over: Promise<Over>;
  /** What it came to, as soon as it is over. */
  readonly is: () => Over | undefined;
}

/** About 24 days: a Node timer above it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Starts a deadline of `ms` that `signal` can end early. Dispose of it when the wait is done. */
export function watch(ms: number, signal: AbortSignal): Watch {
  const { promise, resolve } = Promise.withResolvers<Over>();
  let over: Over | undefined;
  const end = (how: Over): void => {
    over ??= how;
    resolve(over);
  };
  const abort = (): void => end('cancelled');
  const timer = setTimeout(() => end('deadline'), Math.min(ms, LONGEST_TIMER_MS));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return {
    over: promise,
    is: () => over,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

/**
 * Waits for something that happens before a command begins. Throws `NotBegun` where the watch is over first; `late` is
 * the sentence for the deadline.
 */
export async function before<T>(it: Promise<T>, until: Watch, late: () => string): Promise<T> {
  const first = await Promise.race([it.then((value) => ({ value })), until.over]);
  if (typeof first === 'object') return first.value;
  throw first === 'cancelled' ? cancelled() : refusal('unreachable', late());
}

/** A sleep that holds nobody back: its timer does not keep the process alive. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
