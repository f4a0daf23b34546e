/** Real time between two moments of the lab's time: the tool's own file work has to end before the clock goes on. */

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** The longest wait, in turns of the event loop: files that are never closed must not stop the lab. */
const MOST_TURNS = 20_000;

const atFiles = (): boolean =>
  process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'));

/**
 * Waits until everything that was started at this moment has had its say, and no file is being written: so what runs
 * side by side does not depend on how fast the disk is.
 */
export async function quiet(): Promise<void> {
  await turn();
  for (let turns = 0; turns < MOST_TURNS && atFiles(); turns += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one turn after the other is the point
    await turn();
  }
}
