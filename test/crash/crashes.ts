import { chooseRunbook } from '../../src/cli/choose-runbook.ts';
import type { Event } from '../../src/engine/events.ts';
import { scenarios } from '../../src/lab/index.ts';
import type { Scenario, World } from '../../src/lab/index.ts';
import { standing, takenUp, undisturbed } from './life.ts';
import type { Life, Rehearsed, Remains } from './life.ts';
import { endOf, notOnce } from './once.ts';

/** A scenario of the lab stopped at its moments, one after the other, and each time taken up and brought to its end. */

/** Soaks are as short as the runbooks allow by parameter: their looks are all alike, and each is a moment to be stopped at. */
const SOAK = '1m';

/** The scenarios that a runbook is rehearsed on. */
export const scenariosOf = (runbook: string): readonly Scenario[] =>
  scenarios.filter((it) => it.runbook === runbook);

/** What came of stopping a run: how many moments, how many of them truly different, and what did not hold. */
export interface Crashes {
  readonly events: number;
  readonly points: number;
  readonly distinct: number;
  readonly mutations: number;
  /** Sentences, each with the moment it is about. */
  readonly faults: readonly string[];
}

/** All moments, or those around the mutations alone: after the intent, after the command reached the world, after its answer. */
export type Which = 'all' | 'mutations';

/** A scenario with its runbook. */
export async function rehearsed(scenario: Scenario): Promise<Rehearsed> {
  const { book, library } = await chooseRunbook(scenario.runbook);
  return { scenario, book, library, params: book.params.parse({ soak: SOAK }) };
}

const around = (events: readonly Event[], { kept, reached }: Remains): boolean => {
  const last = events[kept - 1];
  return (
    reached ||
    (last?.type === 'intent.written' && last.does === 'mutates') ||
    ((last?.type === 'command.started' || last?.type === 'command.finished') &&
      last.purpose === 'act')
  );
};

const nameOf = (events: readonly Event[], { kept, reached }: Remains): string => {
  const last = events[kept - 1];
  const step = last !== undefined && 'step' in last ? ` of '${last.step}'` : '';
  return `after event ${kept}, ${last?.type ?? 'none'}${step}${reached ? ', its command done and not answered' : ''}`;
};

/** Stops a scenario at those moments. The end of the run is none: nothing is left to be taken up. */
export async function crashesOf(scenario: Scenario, which: Which): Promise<Crashes> {
  const it = await rehearsed(scenario);
  const whole = await undisturbed(it);
  const journal = JSON.parse(JSON.stringify(whole.events)) as readonly Event[];
  const points = whole.remains.filter(
    (at) => at.kept < whole.events.length && (which === 'all' || around(whole.events, at)),
  );
  const known = new Map<World, Map<string, readonly string[]>>();
  const faults: string[] = [];
  let distinct = 0;
  for (const at of points) {
    const alike = known.get(at.world) ?? new Map<string, readonly string[]>();
    known.set(at.world, alike);
    const key = standing(journal, at.kept, at.world.at);
    // oxlint-disable-next-line no-await-in-loop -- one run after the other: each has the processor for itself
    const found = alike.get(key) ?? (distinct++, await faultsAt(it, whole, journal, at));
    alike.set(key, found);
    faults.push(...found.map((fault) => `${nameOf(whole.events, at)}: ${fault}`));
  }
  const { length: mutations } = whole.mutations;
  return { events: whole.events.length, points: points.length, distinct, mutations, faults };
}

async function faultsAt(
  it: Rehearsed,
  whole: Life,
  journal: readonly Event[],
  at: Remains,
): Promise<readonly string[]> {
  try {
    const again = await takenUp(it, journal, at);
    const [wanted, got] = [JSON.stringify(endOf(whole)), JSON.stringify(endOf(again))];
    return [
      ...notOnce(again),
      ...(wanted === got ? [] : [`it ended as ${got}, undisturbed as ${wanted}`]),
    ];
  } catch (error) {
    return [`it threw ${error instanceof Error ? error.message : String(error)}`];
  }
}
