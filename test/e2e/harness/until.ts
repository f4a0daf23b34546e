import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait, and how often to look. */
export interface Patience {
  readonly seconds: number;
  readonly everyMs?: number;
}

/** Polls `probe` until it gives something other than undefined or false; throws when time is up. */
export async function until<Found>(
  what: string,
  { seconds, everyMs = 50 }: Patience,
  probe: () => Promise<Found | false | undefined>,
): Promise<Found> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(everyMs);
  }
}
