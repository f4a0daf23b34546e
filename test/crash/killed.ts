import { keyOf, Killing, lifeOf, momentsOf } from './killing.ts';
import type { Left, Moment } from './killing.ts';
import { endOf, notOnce } from './once.ts';

/** What came of killing a real process at those moments. */
export interface Killed {
  readonly kills: number;
  /** Moments at which nothing had reached the world that was not there before: there was nothing to be killed in. */
  readonly idle: number;
  readonly resumed: number;
  readonly faults: readonly string[];
}

/** As many processes as the smallest machine has cores. */
const AT_ONCE = 2;

/**
 * Kills the real process at every `nth` of those moments, each in a run of its own, and lets each run come to its end. It
 * begins with the moment of the index `from`: with each of 0 to `nth - 1` there, all moments are had, in parts.
 */
export async function killedAt(
  runbook: string,
  scenario: string,
  which: 'all' | 'mutations',
  { nth = 1, from = 0 } = {},
): Promise<Killed> {
  const whole = await wholeRun(runbook, scenario);
  const open = momentsOf(whole, which).filter((_, i) => i % nth === from % nth);
  const known = new Map<string, Promise<readonly string[]>>();
  const faults: string[] = [];
  let [kills, idle] = [0, 0];
  const worker = async (queue: Iterator<Moment>): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const moment = next.value;
      const run = new Killing(runbook, scenario);
      try {
        // oxlint-disable-next-line no-await-in-loop -- one process of each worker after the other
        if (!(await run.begin(moment))) {
          idle += 1;
          continue;
        }
        kills += 1;
        // oxlint-disable-next-line no-await-in-loop
        const found = await faultsOf(run, moment, whole, known);
        faults.push(...found.map((it) => `${moment.how} ${moment.seq}: ${it}`));
      } finally {
        run.clear();
      }
    }
  };
  const queue = open.values();
  await Promise.all(Array.from({ length: AT_ONCE }, () => worker(queue)));
  return { kills, idle, resumed: known.size, faults };
}

async function wholeRun(runbook: string, scenario: string): Promise<Left> {
  const run = new Killing(runbook, scenario);
  try {
    await run.begin();
    return await run.left();
  } finally {
    run.clear();
  }
}

async function faultsOf(
  run: Killing,
  moment: Moment,
  whole: Left,
  known: Map<string, Promise<readonly string[]>>,
): Promise<readonly string[]> {
  const left = await run.left();
  const last = left.events.at(-1)?.seq ?? 0;
  if (moment.how === 'event' && last !== moment.seq) return [`it was killed at event ${last}`];
  const key = keyOf(left);
  const alike = known.get(key) ?? goOn(run, whole);
  known.set(key, alike);
  return alike;
}

async function goOn(run: Killing, whole: Left): Promise<readonly string[]> {
  if (await run.resume()) return ['it was killed again'];
  const again = lifeOf(await run.left());
  const [wanted, got] = [JSON.stringify(endOf(lifeOf(whole))), JSON.stringify(endOf(again))];
  return [
    ...notOnce(again),
    ...(wanted === got ? [] : [`it ended as ${got}, undisturbed as ${wanted}`]),
  ];
}
