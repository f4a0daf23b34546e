/**
 * What differs from one recording to the next without meaning anything: identities, times, addresses, numbers of processes.
 * Each is replaced by a value of the same form, and what was equal within one recording stays equal. Secrets go too.
 */

/** Replaces values in the order in which they come: the first by `name(1)`. */
function numbered(name: (count: number) => string): Numbered {
  const given = new Map<string, string>();
  const known = (value: string): string | undefined => given.get(value);
  const give = (value: string): string => {
    const had = given.get(value) ?? name(given.size + 1);
    given.set(value, had);
    return had;
  };
  return Object.assign(give, { known });
}

type Numbered = ((value: string) => string) & {
  readonly known: (value: string) => string | undefined;
};

type Step = readonly [RegExp, (...groups: readonly string[]) => string];

/** A settler for all texts of one recording. */
export function settler(): (text: string) => string {
  const uuid = numbered((n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
  const version = numbered((n) => String(80_412_345 + n));
  const fingerprint = numbered((n) => `SHA256:${String(n).padStart(43, '0')}`);
  const steps: readonly Step[] = [
    [
      /(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])/g,
      (it = '') => uuid(it),
    ],
    [/\bhvs\.[A-Za-z0-9_-]{8,}/g, () => 'hvs.REDACTED'],
    [/("accessor": ?")[A-Za-z0-9]{24}"/g, (_, key) => `${key}XXXXXXXXXXXXXXXXXXXXXXXX"`],
    [/\bSHA256:[A-Za-z0-9+/]{43}/g, (it = '') => fingerprint(it)],
    [/\b10\.98\.\d{1,3}\.(\d{1,3})\b/g, (_, host) => `10.98.0.${host}`],
    [/\b127\.0\.0\.1:\d{5}\b/g, () => '127.0.0.1:6443'],
    [/\/tmp\/sre-e2e-[A-Za-z0-9]+/g, () => '/tmp/sre-e2e'],
    // The zero time of Go means something.
    [
      /\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g,
      (_, fraction = '') => time(fraction),
    ],
    [/("resourceVersion":")(\d+)"/g, (_, key, it = '') => `${key}${version(it)}"`],
    [/\bvault-cluster-[0-9a-f]{8}\b/g, () => 'vault-cluster-00000000'],
    [/("(?:server_time_utc|creation_time)": ?)\d{10}/g, (_, key) => `${key}1776855600`],
    [/("raft_(?:committed|applied)_index":)[1-9]\d*/g, (_, key) => `${key}60`],
    [/("(?:echo_duration_ms|clock_skew_ms)":)-?\d+/g, (_, key) => `${key}0`],
    // The number of a run lock is at least the time.
    [/^1\d{9}$/g, () => '1776855600'],
    [/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/gm, () => '2026/04/22 11:00:00'],
    [/^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ (\w+\.go):\d+\]/gm, klog],
  ];
  const { record, known } = recordSettler(uuid);
  return (text) => {
    const number = known(text);
    if (number !== undefined) return number;
    const settled = steps.reduce((now, [pattern, by]) => now.replace(pattern, by), text);
    return /^end\t\d+$/m.test(settled) ? settled.split('\n').map(record).join('\n') : settled;
  };
}

/** Go cuts zeros off at the end of a fraction. */
const time = (fraction: string): string =>
  `2026-04-22T11:00:00${fraction === '' ? '' : fraction.length > 7 ? '.123456789' : '.000000'}Z`;

const klog = (_: string, level = '', file = ''): string =>
  `${level}0422 11:00:00.000000    1000 ${file}:1]`;

const kept = (it: string): string => it;

interface RecordSettler {
  readonly record: (line: string) => string;
  /** What became of the number of a process, or of when it started, where a record named it. */
  readonly known: (text: string) => string | undefined;
}

/** What a kept script's record says, with the numbers of the day taken out of it. */
function recordSettler(uuid: (it: string) => string): RecordSettler {
  const pid = numbered((n) => String(1000 + n));
  const ticks = numbered((n) => String(5000 + n));
  const inode = numbered((n) => String(40_000 + n));
  // A cgroup spells the UID of its pod with underscores, and ends with the id of a container.
  const cgroup = (it: string): string =>
    it
      .replace(/(?<=pod)[0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12}/, (id) =>
        uuid(id.replaceAll('_', '-')).replaceAll('-', '_'),
      )
      .replace(/[0-9a-f]{64}/, '0'.repeat(64));
  const by: Readonly<Record<string, readonly ((it: string) => string)[]>> = {
    kernel: [kept],
    uptime: [() => '1000.00'],
    now: [() => '1776855600'],
    clock: [() => '1776855600', () => '1000.00'],
    task: [pid, pid, kept, cgroup, (it) => stat(it, pid, ticks)],
    stack: [pid, pid],
    proc: [pid, ticks],
    found: [pid, ticks],
    other: [ticks],
    listen: [kept, kept, inode],
    holder: [kept, pid, pid, ticks, kept, kept, kept, cgroup],
    tcp: [kept, seconds],
    http: [kept, kept, seconds],
    null: [kept, seconds],
    mount: [mountIds],
    mounted: [mountIds],
    file: [kept, () => '1776855600', kept],
    held: [() => '1776855600', () => '0', kept, () => '0'],
    free: [(it) => (it === '0' ? it : '1776855600')],
  };
  const record = (line: string): string => {
    const [kind = '', ...fields] = line.split('\t');
    const of = by[kind] ?? [];
    return [kind, ...fields.map((field, i) => (of[i] ?? kept)(field))].join('\t');
  };
  return { record, known: (text) => pid.known(text) ?? ticks.known(text) };
}

/** The numbers with which a row of /proc/self/mountinfo begins: those of the mount, of its parent, and of its device. */
const mountIds = (it: string): string => it.replace(/^\d+ \d+ \d+:\d+ /, '101 100 0:50 ');

/** Whole seconds of a wait mean something; what is quick is quick. */
const seconds = (it: string): string => {
  const digits = /\.(\d+)$/.exec(it)?.[1]?.length ?? 0;
  return /^\d+(?:\.\d+)?$/.test(it) ? Math.floor(Number(it)).toFixed(digits) : it;
};

/** A line of /proc/PID/stat with its name, its state, its threads, and its identity; what it used is left out. */
function stat(line: string, pid: (it: string) => string, ticks: (it: string) => string): string {
  const end = line.lastIndexOf(')');
  const [own, comm] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' '), end + 1)];
  const rest = line.slice(end + 2).split(' ');
  const settled = rest.map((field, i) => {
    if (i === 1) return field === '0' || field === '1' ? field : pid(field);
    if (i === 19) return ticks(field);
    return i === 0 || i === 17 ? field : '0';
  });
  return `${pid(own)}${comm} ${settled.join(' ')}`;
}
