import { startRun } from '../../src/engine/loop.ts';
import type { Event, EventOf, EventType, Mode } from '../../src/engine/events.ts';
import type { Confirmed, Operator, Performer } from '../../src/engine/ports.ts';
import { createLab, findScenario, truth } from '../../src/lab/index.ts';
import type { Scenario, Truth } from '../../src/lab/index.ts';
import type { World } from '../../src/lab/world.ts';
import { chooseRunbook } from '../../src/cli/choose-runbook.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { Card } from '../../src/engine/events.ts';
import { keepLocks } from '../../src/locks/keep-locks.ts';
import { careful } from '../../src/terminal/careful.ts';

/** How a rehearsal departs from a careful operator in the default lab. */
export interface Departure {
  readonly seed?: number;
  readonly mode?: Mode;
  readonly set?: Readonly<Record<string, string>>;
  /** Which options a careful operator prefers. */
  readonly prefer?: readonly string[];
  /** Answers a confirmation instead of the careful operator; `undefined` leaves it to them. */
  readonly confirm?: (card: Card, times: number) => Confirmed['answer'] | undefined;
  /** Changes the scenario's world before the run begins. */
  readonly staged?: (world: World) => World;
  /** Changes the inventory. */
  readonly site?: (site: Site) => Site;
  /** Stands before the lab. */
  readonly through?: (lab: Performer) => Performer;
}

/** A whole run in the lab: its events, its end, and what really happened in the world. */
export interface Rehearsal {
  readonly events: readonly Event[];
  readonly finished: EventOf<'run.finished'>;
  readonly end: string | undefined;
  readonly steps: readonly string[];
  readonly truth: Truth;
  readonly of: <T extends EventType>(type: T) => readonly EventOf<T>[];
}

const isOf = <T extends EventType>(event: Event, type: T): event is EventOf<T> =>
  event.type === type;

const starts = new Map<string, ReturnType<Scenario['make']>>();

/** A scenario's world at its start, made once: it is data, and every rehearsal goes on from there by itself. */
function startOf(scenario: Scenario, seed: number): ReturnType<Scenario['make']> {
  const key = `${scenario.id} ${seed}`;
  const start = starts.get(key) ?? scenario.make(seed);
  starts.set(key, start);
  return start;
}

const RUN = '01TESTTESTTESTTESTTESTTEST';

/** Runs a runbook on a scenario to its end. */
export async function rehearse(
  book: Runbook,
  id: string,
  departure: Departure = {},
): Promise<Rehearsal> {
  const found = findScenario(id);
  if (found === undefined) throw new Error(`the lab has no scenario ${id}`);
  const { staged = (world) => world } = departure;
  const scenario = { ...found, make: (seed: number) => staged(startOf(found, seed)) };
  const { library } = await chooseRunbook(book.id);
  const lab = createLab({ scenario, seed: departure.seed ?? 1, save: () => {} });
  const events: Event[] = [];
  const auto = careful({ clock: lab.clock, prefer: departure.prefer ?? [] });
  let asked = 0;
  const operator: Operator = {
    ...auto,
    confirm: async (card, ...rest) => {
      asked += 1;
      const answer = departure.confirm?.(card, asked);
      return answer === undefined ? auto.confirm(card, ...rest) : { answer, by: 'test' };
    },
  };
  const never = new AbortController().signal;
  await startRun(
    library,
    RUN,
    {
      type: 'run.started',
      runbook: book.id,
      version: book.version,
      digest: '',
      params: book.params.parse(departure.set ?? {}),
      mode: departure.mode ?? 'lab',
      cluster: lab.site.cluster.name,
      inventory: '',
      site: departure.site?.(lab.site) ?? lab.site,
      operator: 'auto',
      host: 'test',
      lab: { scenario: id, seed: departure.seed ?? 1 },
    },
    {
      performer: departure.through?.(lab.performer) ?? lab.performer,
      clock: lab.clock,
      journal: { append: async (event) => void events.push(event) },
      operator,
      observer: { saw: () => {} },
      redact: (event) => event,
      stop: never,
      detach: never,
      locks: keepLocks({
        site: lab.site,
        me: { run: RUN, owner: 'auto@test', runbook: book.id },
        performer: lab.performer,
        clock: lab.clock,
      }),
    },
  );
  const of = <T extends EventType>(type: T): readonly EventOf<T>[] =>
    events.filter((e) => isOf(e, type));
  const finished = of('run.finished').at(-1);
  if (finished === undefined) throw new Error('the run did not finish');
  const steps = of('step.entered').map((e) => e.step);
  return { events, finished, end: steps.at(-1), steps, truth: truth(lab.world), of };
}

/** What was done to the world, one entry for each confirmation: the evictions of one drain are one deed. */
export const deedsOf = ({ mutations }: Truth): readonly string[] =>
  mutations
    .map((it) => it.what)
    .filter((what, i, all) => what !== 'evict-pod' || all[i - 1] !== 'evict-pod');
