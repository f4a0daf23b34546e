import { apply, initial } from '../../../src/engine/apply.ts';
import type { Event, EventOf, EventType, Mode } from '../../../src/engine/events.ts';
import { resumeRun, startRun } from '../../../src/engine/loop.ts';
import type { State } from '../../../src/engine/state.ts';
import type { Library } from '../../../src/runbook/load.ts';
import type { Runbook } from '../../../src/runbook/runbook.ts';
import { site } from './site.ts';
import { FakeWorld, START } from './world.ts';
import type { Says, Script } from './world.ts';

/** A run that came to its end, and everything that was seen of it. */
export interface Run {
  readonly world: FakeWorld;
  readonly state: State;
  readonly events: readonly Event[];
  readonly library: Library;
}

export interface Setting {
  /** The first one is started; the others can be called. */
  readonly books: readonly [Runbook, ...Runbook[]];
  readonly says: Readonly<Record<string, Says>>;
  readonly mode?: Mode;
}

/** Without the checks of loading: some tests need a runbook that would not pass them. */
export const libraryOf = (books: readonly Runbook[]): Library =>
  new Map(books.map((book) => [book.id, book]));

function begin({ books: [book], mode = 'live' }: Setting) {
  return {
    type: 'run.started' as const,
    runbook: book.id,
    version: book.version,
    digest: 'digest',
    params: book.params.parse({}),
    mode,
    cluster: site.cluster.name,
    inventory: 'inventory',
    site,
    operator: 'ann',
    host: 'laptop',
  };
}

interface Life {
  readonly world: FakeWorld;
  /** Absent where the journal could not be kept: the tool died then. */
  readonly state?: State;
  readonly error?: unknown;
}

/** One life of the tool: it starts a run, or an hour later takes up what a dead one has left. */
export async function live(
  setting: Setting,
  script: Script,
  earlier: readonly Event[] = [],
): Promise<Life> {
  const world = new FakeWorld(setting.says, script, earlier.length === 0 ? START : LATER);
  const library = libraryOf(setting.books);
  const resumed = { type: 'run.resumed' as const, operator: 'bob', host: 'desk' };
  try {
    const state =
      earlier.length === 0
        ? await startRun(library, 'run-1', begin(setting), world.ports)
        : await resumeRun(library, earlier, resumed, world.ports);
    return { world, state };
  } catch (error) {
    return { world, error };
  }
}

const LATER = START + 3_600_000;

function lived({ world, state, error }: Life, setting: Setting): Run {
  if (state === undefined) throw error;
  return { world, state, events: world.events, library: libraryOf(setting.books) };
}

/** Runs to the end. */
export const run = async (setting: Setting, script: Script = {}): Promise<Run> =>
  lived(await live(setting, script), setting);

/** Goes on from the events that a dead tool has left, to the end. */
export const resume = async (
  setting: Setting,
  events: readonly Event[],
  script: Script = {},
): Promise<Run> => lived(await live(setting, script, events), setting);

/** Runs into a failure of the journal: what was thrown, and the world after it. */
export async function runIntoFailure(
  setting: Setting,
  script: Script,
): Promise<{ readonly world: FakeWorld; readonly error: unknown }> {
  const { world, state, error } = await live(setting, script);
  if (state !== undefined) throw new Error('the run did not fail');
  return { world, error };
}

/** The events of one type. */
export const ofType = <T extends EventType>(
  events: readonly Event[],
  type: T,
): readonly EventOf<T>[] => events.filter((it): it is EventOf<T> => it.type === type);

/** The only event of a type. */
export function only<T extends EventType>(events: readonly Event[], type: T): EventOf<T> {
  const [event, ...more] = ofType(events, type);
  if (event === undefined || more.length > 0) {
    throw new Error(`expected one ${type}, saw ${event === undefined ? 0 : more.length + 1}`);
  }
  return event;
}

/** The steps that were concluded, as `step → outcome`. */
export const way = (events: readonly Event[]): readonly string[] =>
  ofType(events, 'step.concluded').map((it) => `${it.step} → ${it.outcome}`);

/** How the run ended. */
export function endOf(events: readonly Event[]): {
  readonly result: string;
  readonly exitCode: number;
  readonly because: string;
} {
  const { result, exitCode, because } = only(events, 'run.finished');
  return { result, exitCode, because };
}

/** Everything up to and with the first event that fits. */
export function upTo(events: readonly Event[], fits: (event: Event) => boolean): readonly Event[] {
  const index = events.findIndex(fits);
  if (index < 0) throw new Error('no event fits');
  return events.slice(0, index + 1);
}

export const fold = (events: readonly Event[]): State => events.reduce(apply, initial);
