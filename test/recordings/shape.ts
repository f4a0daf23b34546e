import type { RawOutput } from '../../src/runbook/command.ts';
import type { InLab } from './case.ts';

/** How strictly a body is held to the real one. */
export interface Strictness {
  /** Keys that the real body has and the lab's does not are differences too. */
  readonly exact: boolean;
  /** Paths of the lab's body that the suite's objects cannot have. */
  readonly more: readonly string[];
}

/** In what the lab's answer is not like the real one, one sentence each; empty: in nothing. */
export function differences(
  real: RawOutput,
  lab: RawOutput,
  strictness: Strictness,
): readonly string[] {
  const ends = [endOf(real), endOf(lab)];
  if (ends[0] !== ends[1]) return [`it ended with ${ends[1]}, really with ${ends[0]}`];
  const failed = real.ending.how === 'exited' && real.ending.code !== 0;
  return [
    ...ofText('standard output', real.stdout, lab.stdout, strictness),
    // What is written beside a success has no meaning for the product.
    ...(failed ? ofText('standard error', real.stderr, lab.stderr, strictness) : []),
  ];
}

/** Codes as they are, sentences without their numbers. */
const endOf = ({ ending }: RawOutput): string => faceless(JSON.stringify(ending));

function ofText(
  stream: string,
  real: string,
  lab: string,
  strictness: Strictness,
): readonly string[] {
  const [realJson, labJson] = [jsonOf(real), jsonOf(lab)];
  if (realJson !== undefined && labJson !== undefined) {
    return ofJson(realJson, labJson, strictness);
  }
  const [realLines, labLines] = isRecords(real)
    ? [kindsOf(real), kindsOf(lab)]
    : [words(real), words(lab)];
  return realLines === labLines ? [] : [`${stream} is\n${labLines}\nreally\n${realLines}`];
}

function jsonOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Values that say what an object is, and are the same everywhere. */
const TELLING = /^\.(?:kind|apiVersion|status|reason|code)$/;

function ofJson(real: unknown, lab: unknown, { exact, more }: Strictness): readonly string[] {
  const [realTypes, labTypes] = [typesIn(real), typesIn(lab)];
  const added = [...labTypes]
    .filter(([path]) => !more.some((it) => path === it || path.startsWith(`${it}.`)))
    .flatMap(([path, types]) => {
      const those = realTypes.get(path);
      if (those === undefined) return [`${path} is not there really`];
      const other = types.difference(those);
      return other.size === 0
        ? []
        : [`${path} is ${[...other].join()}, really ${[...those].join()}`];
    });
  const lacking = exact
    ? [...realTypes.keys()]
        .filter((path) => !labTypes.has(path))
        .map((path) => `${path} is missing`)
    : [];
  return [...added, ...lacking];
}

/** The type of what stands at each path, lists taken as one; of what tells what an object is, the value. */
function typesIn(value: unknown): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const look = (it: unknown, path: string): void => {
    const types = found.get(path) ?? new Set();
    const telling = TELLING.test(path) && typeof it !== 'object';
    found.set(path, types.add(telling ? JSON.stringify(it) : typeOf(it)));
    if (Array.isArray(it)) for (const one of it) look(one, `${path}[]`);
    else if (typeof it === 'object' && it !== null && !isMap(path)) {
      for (const [key, one] of Object.entries(it)) look(one, `${path}.${key}`);
    }
  };
  look(value, '');
  return found;
}

/** Keys of these are data. */
const isMap = (path: string): boolean =>
  /\.(?:labels|annotations|matchLabels|selector|volumeAttributes|capacity|allocatable|requests|limits|disruptedPods)$/.test(
    path,
  );

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value !== 'string') return typeof value;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value)
    ? `time with ${/\.\d{6}Z$/.test(value) ? 'microseconds' : 'what it has'}`
    : 'string';
}

const isRecords = (text: string): boolean => /^end\t\d+$/m.test(text);

/** The kinds of records in a script's output, each with the forms of its fields. */
const kindsOf = (text: string): string =>
  [
    ...new Set(
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [kind = '', ...fields] = line.split('\t');
          return [kind, ...(kind === 'log' ? ['text'] : fields.map(formOf))].join(' ');
        }),
    ),
  ]
    .toSorted()
    .join('\n');

function formOf(field: string): string {
  if (/^\d+$/.test(field)) return 'number';
  if (/^\d+\.\d+$/.test(field)) return 'decimal';
  if (/^[0-9a-f-]{36}$/.test(field)) return 'uuid';
  if (field.startsWith('/')) return 'path';
  // A line of /proc/PID/stat, and one of /proc/PID/mountinfo.
  const stat = /^\d+ \(.*\) ([A-Z])((?: -?\d+)+)$/.exec(field);
  if (stat !== null) return `stat ${stat[1]} of ${stat[2]?.trim().split(' ').length ?? 0}`;
  // How a mount is shared with other namespaces stands between, or does not.
  const mount = /^\d+ \d+ \d+:\d+ \S+ \S+ \S+ .*- (\S+) \S+ \S+$/.exec(field);
  if (mount !== null) return `mount of ${mount[1]}`;
  return field === '' ? 'nothing' : 'word';
}

/** Words in which numbers, addresses and identities are left out. */
const words = (text: string): string =>
  faceless(
    text
      .replace(/\n?command terminated with exit code \d+\n?$/, '')
      // What a library logs comes and goes, and is passed over by whoever reads it.
      .replaceAll(/^[IWEF]\d{4} \d\d:\d\d:\d\d.*\n/gm, ''),
  ).trimEnd();

const faceless = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UUID')
    // Which of its own clocks runs out first differs from run to run.
    .replaceAll(
      /(?:context deadline exceeded|net\/http: request canceled(?: while waiting for connection)?)(?: \(Client\.Timeout exceeded while awaiting headers\))?/g,
      'NO ANSWER IN TIME',
    )
    .replaceAll(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d+)?\b/g, 'ADDRESS');

/** Bodies of Vault are the lab's own; those of the API server show as much as the product reads. */
export const strictnessOf = (component: string, { more = {} }: InLab): Strictness => ({
  exact: component === 'vault',
  more: Object.keys(more),
});
