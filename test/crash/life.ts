import { apply, initial } from '../../src/engine/apply.ts';
import { resumeRun, startRun } from '../../src/engine/loop.ts';
import type { World as Ports } from '../../src/engine/loop.ts';
import type { Event, EventOf } from '../../src/engine/events.ts';
import type { State } from '../../src/engine/state.ts';
import { keepLocks } from '../../src/locks/keep-locks.ts';
import { createLab, truth } from '../../src/lab/index.ts';
import type { Lab, Mutation, Scenario, Truth, World } from '../../src/lab/index.ts';
import type { Runbook } from '../../src/runbook/runbook.ts';
import type { Library } from '../../src/runbook/load.ts';
import { careful } from '../../src/terminal/careful.ts';

/** Runs in the lab that are stopped and taken up again: what a crash leaves is the journal, and the world as it was. */

/** A runbook on one of its scenarios. */
export interface Rehearsed {
  readonly scenario: Scenario;
  readonly book: Runbook;
  readonly library: Library;
  readonly params: unknown;
}

/** What a crash leaves behind: so many events are on disk, and the world is where it was. */
export interface Remains {
  readonly kept: number;
  readonly world: World;
  /** A command had reached the world, and its answer had not come back. */
  readonly reached: boolean;
}

/** A run to its end. */
export interface Life {
  readonly events: readonly Event[];
  readonly finished: EventOf<'run.finished'>;
  readonly mutations: readonly Mutation[];
  readonly truth: Truth;
  /** Nodes whose NFS client the scenario itself wedges at a time of its own. */
  readonly wedging: readonly string[];
  /** Where it might have been stopped: after every event, and between each mutation and its answer. */
  readonly remains: readonly Remains[];
}

const never = new AbortController().signal;

const RUN = '01TESTTESTTESTTESTTESTTEST';

function ports(
  lab: Lab,
  runbook: string,
  events: Event[],
  after: () => void,
  room = Number.POSITIVE_INFINITY,
): Ports {
  return {
    performer: lab.performer,
    clock: lab.clock,
    journal: {
      append: async (event) => {
        if (events.length >= room) throw new Error('no space left on device');
        events.push(event);
        after();
      },
    },
    operator: careful({ clock: lab.clock }),
    observer: { saw: () => {} },
    redact: (event) => event,
    stop: never,
    detach: never,
    locks: keepLocks({
      site: lab.site,
      me: { run: RUN, owner: 'auto@test', runbook },
      performer: lab.performer,
      clock: lab.clock,
    }),
  };
}

const lived = (lab: Lab, events: readonly Event[], remains: readonly Remains[]): Life =>
  lifeIn(events, lab.world, truth(lab.world), remains);

/** A run that came to its end in that world. */
export function lifeIn(
  events: readonly Event[],
  { mutations, plot }: World,
  truly: Truth,
  remains: readonly Remains[] = [],
): Life {
  const finished = events.findLast((it) => it.type === 'run.finished');
  if (finished?.type !== 'run.finished') throw new Error('the run did not finish');
  const wedging = [
    ...(plot.wedges ?? []).map(({ node }) => node),
    ...Object.keys(plot.wedgesAgain ?? {}),
  ];
  return { events, finished, mutations, truth: truly, wedging, remains };
}

/** The run that nobody disturbs, with everything that a crash would leave at each of its moments. */
export async function undisturbed(it: Rehearsed): Promise<Life> {
  const events: Event[] = [];
  const remains: Remains[] = [];
  let known = 0;
  const lab: Lab = createLab({
    scenario: it.scenario,
    seed: 1,
    save: (world) => {
      // Kept before any answer that follows a change: this is the moment between a command's arrival and its answer.
      if (world.mutations.length > known) {
        known = world.mutations.length;
        remains.push({ kept: events.length, world, reached: true });
      }
    },
  });
  await begin(
    it,
    lab,
    ports(lab, it.book.id, events, () => {
      remains.push({ kept: events.length, world: lab.world, reached: false });
    }),
  );
  return lived(lab, events, remains);
}

/** A run whose disk has room for so many events: what it left behind when that was used up. */
export async function untilFull(it: Rehearsed, room: number): Promise<Remains & FullDisk> {
  const events: Event[] = [];
  const lab: Lab = createLab({ scenario: it.scenario, seed: 1, save: () => {} });
  const error: unknown = await begin(
    it,
    lab,
    ports(lab, it.book.id, events, () => {}, room),
  ).catch((failure: unknown) => failure);
  const { world } = lab;
  return { kept: events.length, reached: false, world, events, error };
}

/** What came of it. */
export interface FullDisk {
  readonly events: readonly Event[];
  readonly error: unknown;
}

const begin = (it: Rehearsed, lab: Lab, world: Ports): Promise<State> =>
  startRun(
    it.library,
    RUN,
    {
      type: 'run.started',
      runbook: it.book.id,
      version: it.book.version,
      digest: '',
      params: it.params,
      mode: 'lab',
      cluster: lab.site.cluster.name,
      inventory: '',
      site: lab.site,
      operator: 'auto',
      host: 'test',
      lab: { scenario: it.scenario.id, seed: 1 },
    },
    world,
  );

/**
 * Everything of the first life but its journal and its world is thrown away, and the run is gone on with from those.
 *
 * @param journal the events of the first life, read back from JSON
 */
export async function takenUp(
  it: Rehearsed,
  journal: readonly Event[],
  { kept, world }: Remains,
): Promise<Life> {
  const earlier = journal.slice(0, kept);
  const lab = createLab({
    scenario: it.scenario,
    seed: 1,
    state: JSON.parse(JSON.stringify(world)) as World,
    save: () => {},
  });
  const events: Event[] = [...earlier];
  await resumeRun(
    it.library,
    earlier,
    RESUMED,
    ports(lab, it.book.id, events, () => {}),
  );
  return lived(lab, events, []);
}

const RESUMED = { type: 'run.resumed', operator: 'auto', host: 'test' } as const;

/**
 * What decides how a run goes on from a crash, as text: the folded state once it is resumed. Moments that have this in common,
 * and the world, go on alike: only the numbers of their events differ, which decide nothing.
 */
export function standing(journal: readonly Event[], kept: number, now: number): string {
  const earlier = journal.slice(0, kept);
  const at = new Date(Math.max(now, Date.parse(earlier.at(-1)?.at ?? ''))).toISOString();
  const [first] = earlier;
  const stamp = { run: first?.run ?? '', seq: 0, at };
  return JSON.stringify(apply(earlier.reduce(apply, initial), { ...RESUMED, ...stamp }));
}
