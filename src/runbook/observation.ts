import type { Command, Ending, RawOutput } from './command.ts';

/** Why nothing is known. Unknown is never yes (DESIGN: promise 3). */
export type Why = 'timeout' | 'unreachable' | 'denied' | 'exit' | 'unparsable' | 'withheld';

/** What a command taught, and when (milliseconds since 1970, UTC); or why it taught nothing. */
export type Observation<T> =
  | { readonly ok: true; readonly value: T; readonly at: number }
  | {
      readonly ok: false;
      readonly why: Why;
      /** One sentence for a person. */
      readonly says: string;
      readonly raw: string;
      readonly at: number;
    };

/** The commands of one look, by name: single, listed, keyed, or left out. */
export type Query = Readonly<
  Record<
    string,
    | Command<unknown>
    | readonly Command<unknown>[]
    | Readonly<Record<string, Command<unknown>>>
    | undefined
  >
>;

/** What a {@link Query} comes back as: the same shape, observations for commands. */
export type Seen<Q> = {
  readonly [K in keyof Q]: SeenOne<Q[K]>;
};

type SeenOne<C> =
  C extends Command<infer T>
    ? Observation<T>
    : C extends undefined
      ? undefined
      : C extends readonly Command<infer T>[]
        ? readonly Observation<T>[]
        : C extends Readonly<Record<string, Command<infer T>>>
          ? Readonly<Record<string, Observation<T>>>
          : never;

const failed = (why: Why, says: string, out: RawOutput, at: number): Observation<never> => ({
  ok: false,
  why,
  says,
  raw: out.stderr === '' ? out.stdout : `${out.stdout}\n${out.stderr}`.trim(),
  at,
});

function whyNothing(ending: Exclude<Ending, { how: 'exited' }>, deadlineMs: number): [Why, string] {
  switch (ending.how) {
    case 'deadline':
      return ['timeout', `no answer within ${deadlineMs / 1000} s`];
    case 'cancelled':
      return ['timeout', 'cancelled before it answered'];
    case 'lost':
      return ['unreachable', ending.because];
    case 'refused':
      return [ending.why, ending.because];
    case 'withheld':
      return ['withheld', ending.because];
  }
}

/** Turns raw output into an observation: the parser is asked only where the command came to its own end. */
export function observe<T>(command: Command<T>, out: RawOutput, at: number): Observation<T> {
  if (out.ending.how !== 'exited') {
    const [why, says] = whyNothing(out.ending, command.deadlineMs);
    return failed(why, says, out, at);
  }
  const reading = command.read(out);
  return reading.ok
    ? { ok: true, value: reading.value, at }
    : failed(reading.why, reading.says, out, at);
}

/** One command of a query with its key: `health`, `health[1]`, `health.vault-0`. */
export interface Keyed {
  readonly key: string;
  readonly command: Command<unknown>;
}

const isCommand = (it: unknown): it is Command<unknown> =>
  typeof it === 'object' && it !== null && 'kind' in it && it.kind === 'command';

const isList = (it: object): it is readonly Command<unknown>[] => Array.isArray(it);

/** The commands of a query in a stable order, each with the key under which its answer is journalled. */
export function commandsOf(query: Query): readonly Keyed[] {
  return Object.entries(query).flatMap(([name, it]): readonly Keyed[] => {
    if (it === undefined) return [];
    if (isCommand(it)) return [{ key: name, command: it }];
    if (isList(it)) return it.map((command, i) => ({ key: `${name}[${i}]`, command }));
    return Object.entries(it).map(([k, command]) => ({ key: `${name}.${k}`, command }));
  });
}

/** Gives a query its answers; a key without an answer is an error of the caller and throws. */
export function seenOf(query: Query, answer: (key: string) => Observation<unknown>): Seen<Query> {
  return Object.fromEntries(
    Object.entries(query).map(([name, it]) => {
      if (it === undefined) return [name, undefined];
      if (isCommand(it)) return [name, answer(name)];
      if (isList(it)) return [name, it.map((_, i) => answer(`${name}[${i}]`))];
      return [name, Object.fromEntries(Object.keys(it).map((k) => [k, answer(`${name}.${k}`)]))];
    }),
  ) as Seen<Query>;
}

/** The time of the oldest answer in a look: evidence is as old as its oldest part. `undefined` where nothing was asked. */
export function oldest(seen: Seen<Query>): number | undefined {
  const times = Object.values(answersOf(seen)).map((it) => it.at);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The answers of a look, by the keys of {@link commandsOf}. */
export function answersOf(seen: Seen<Query>): Readonly<Record<string, Observation<unknown>>> {
  return Object.fromEntries(
    Object.entries(seen).flatMap(([name, it]): [string, Observation<unknown>][] => {
      if (it === undefined) return [];
      if (isObservation(it)) return [[name, it]];
      if (Array.isArray(it)) return it.map((one, i) => [`${name}[${i}]`, one]);
      return Object.entries(it).map(([key, one]) => [`${name}.${key}`, one]);
    }),
  );
}

const isObservation = (it: object): it is Observation<unknown> =>
  'ok' in it && typeof it.ok === 'boolean';
