import { setImmediate, setTimeout } from 'node:timers/promises';

/** How often the event loop is let go round before real time is waited for. */
const TURNS = 50;

/** The longest real wait for files, in milliseconds; what is still open then is taken for something that never ends. */
const LONGEST_MS = 20_000;

const fileRequests = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource.startsWith('FSReq')).length;

/**
 * Real time between two moments of the lab's time: everything that was started at this moment has its say first, and the
 * tool's own file work (its journal, fsynced) comes to an end. So what runs side by side does not depend on how fast the
 * disk is.
 */
export class Quiet {
  #endless = 0;

  /** Resolves when nobody is at work any more. */
  async come(): Promise<void> {
    await setImmediate();
    for (let waits = 0; fileRequests() > this.#endless; waits += 1) {
      if (waits > TURNS + LONGEST_MS) {
        this.#endless = fileRequests();
        return;
      }
      // oxlint-disable-next-line no-await-in-loop -- one turn after the other is the point
      await (waits < TURNS ? setImmediate() : setTimeout(1));
    }
  }
}
