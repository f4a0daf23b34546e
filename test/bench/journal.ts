import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../src/engine/events.ts';
import { openJournal } from '../../src/journal/append.ts';
import type { FileJournal } from '../../src/journal/append.ts';
import { encodeLine } from '../../src/journal/line.ts';
import { LARGE_BYTES } from '../../src/journal/output-files.ts';
import { eventRedactor } from '../../src/journal/redact.ts';
import { openRunFolder } from '../../src/journal/run-folder.ts';
import { runId } from '../../src/journal/run-id.ts';
import { chooseRunbook } from '../../src/cli/choose-runbook.ts';
import { rehearse } from '../runbooks/rehearsal.ts';

/**
 * What an event costs on disk, as the loop keeps it (redacted, chained, one line, durable), beside a bare write and fsync of
 * the very same bytes on the same file system: rounds that take turns, medians, ratios. It measures and judges nothing.
 */
const ROUNDS = 300;
const WARM_UP = 30;
/** Redaction looks for these in every event, as it does for the secrets of an inventory. */
const SECRETS = ['root@pam!sre=5f1d3c9a', 'another-secret-value'];
// On the disk of the checkout: the system's folder for temporary files may be memory, where fsync costs nothing.
const cache = new URL('../../node_modules/.cache', import.meta.url).pathname;

/** An event and how many bytes its line has. */
interface Sample {
  readonly name: string;
  readonly event: Event;
  readonly bytes: number;
}

/** What stands in the file for an event. A disk may take the same byte many times over quicker than what differs. */
const lineOf = (event: Event): Buffer => Buffer.from(`${encodeLine(event, '0'.repeat(64)).text}\n`);

/** The events of a real run in the lab. */
async function eventsOf(runbook: string): Promise<readonly Event[]> {
  const { book } = await chooseRunbook(runbook);
  return (await rehearse(book, runbook)).events;
}

/** Events that stand in the middle of their kind. */
function samplesOf(events: readonly Event[]): readonly Sample[] {
  const all = events.map((event) => ({ event, bytes: lineOf(event).length }));
  const middle = (name: string, from: number, to: number): Sample => {
    const fit = all
      .filter(
        ({ event, bytes }) =>
          bytes >= from && bytes < to && (event.type === 'command.finished') === from > 0,
      )
      .toSorted((a, b) => a.bytes - b.bytes);
    const found = fit[Math.floor(fit.length / 2)];
    if (found === undefined) throw new Error(`the run has no event of ${from} to ${to} bytes`);
    return { name, ...found };
  };
  return [
    middle('small', 0, 1024),
    middle('an answer', 1024, 4096),
    middle('a long answer', 4096, 16 * 1024),
    middle('a very long one', 16 * 1024, LARGE_BYTES),
    middle('in a file of its own', LARGE_BYTES + 1024, 1024 * 1024),
  ];
}

const sinceMs = (began: bigint): number => Number(process.hrtime.bigint() - began) / 1e6;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = process.hrtime.bigint();
  await work();
  return sinceMs(began);
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

/** What takes turns: it keeps the same bytes in its own way. */
type Variants = Readonly<Record<string, (event: Event, line: Buffer) => Promise<unknown>>>;

/** The same event with another output of the same size: an output that was kept before is not kept again. */
function another(like: Event, run: string, seq: number): Event {
  const event = { ...like, run, seq };
  if (event.type !== 'command.finished' || 'ref' in event.output) return event;
  const { stdout } = event.output;
  const mark = String(seq).padStart(8, '0');
  return { ...event, output: { ...event.output, stdout: mark + stdout.slice(mark.length) } };
}

function variantsOf(journal: FileJournal, files: readonly [FileHandle, FileHandle]): Variants {
  const redact = eventRedactor(SECRETS);
  const [synced, dataSynced] = files;
  return {
    'write + fsync': async (_, line) => {
      await synced.write(line);
      await synced.sync();
    },
    'write + fdatasync': async (_, line) => {
      await dataSynced.write(line);
      await dataSynced.datasync();
    },
    'the journal': (event) => journal.append(redact(event)),
  };
}

async function measure(
  sample: Sample,
  home: string,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const journal = await openJournal(await openRunFolder(home, runId(0, randomBytes(10))), 'new');
  const bare = async (name: string): Promise<FileHandle> =>
    open(join(home, `${name}-${journal.folder.run}`), 'ax', 0o600);
  const files = [await bare('fsync'), await bare('fdatasync')] as const;
  const times = new Map<string, number[]>();
  try {
    const variants = Object.entries(variantsOf(journal, files));
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      const event = another(sample.event, journal.folder.run, round + WARM_UP + 1);
      const line = lineOf(event);
      // Each goes first as often as the others: the disk's own work for one falls on the next.
      const first = (round + WARM_UP) % variants.length;
      for (const [name, work] of [...variants.slice(first), ...variants.slice(0, first)]) {
        // oxlint-disable-next-line no-await-in-loop -- side by side they would wait for one another
        const ms = await timed(() => work(event, line));
        if (round >= 0) times.set(name, [...(times.get(name) ?? []), ms]);
      }
    }
  } finally {
    await journal.close();
    await Promise.all(files.map((it) => it.close()));
  }
  return times;
}

/** All events of a run, one after the other, each beside a bare write and fsync of its bytes: what a run waits for in all. */
async function measureRun(events: readonly Event[], home: string): Promise<string> {
  const journal = await openJournal(await openRunFolder(home, runId(0, randomBytes(10))), 'new');
  const file = await open(join(home, `whole-${journal.folder.run}`), 'ax', 0o600);
  const redact = eventRedactor(SECRETS);
  let [ours, bare] = [0, 0];
  try {
    for (const [i, event] of events.entries()) {
      const line = lineOf(event);
      const kept = { ...event, run: journal.folder.run, seq: i + 1 };
      const write = async (): Promise<void> => {
        bare += await timed(async () => {
          await file.write(line);
          await file.sync();
        });
      };
      // oxlint-disable-next-line no-await-in-loop -- in the order in which they happened
      if (i % 2 === 0) await write();
      // oxlint-disable-next-line no-await-in-loop
      ours += await timed(() => journal.append(redact(kept)));
      // oxlint-disable-next-line no-await-in-loop
      if (i % 2 === 1) await write();
    }
  } finally {
    await journal.close();
    await file.close();
  }
  const each = (ms: number): string => `${(ms / events.length).toFixed(3)} ms`;
  return `${events.length} events: the journal ${each(ours)} each, write + fsync ${each(bare)}, × ${(ours / bare).toFixed(2)}`;
}

function shown(name: string, values: readonly number[], bare: readonly number[]): string {
  const ms = (share: number): string => at(values, share).toFixed(3).padStart(8);
  const ratio = (share: number): string => (at(values, share) / at(bare, share)).toFixed(2);
  return `  ${name.padEnd(20)} median ${ms(0.5)} ms  × ${ratio(0.5)}   p95 ${ms(0.95)} ms  × ${ratio(0.95)}`;
}

/** What our own work costs without any disk: redaction, JSON and two digests. */
function withoutDisk({ event }: Sample): string {
  const redact = eventRedactor(SECRETS);
  const values = Array.from({ length: ROUNDS }, (_, i) => {
    const fresh = another(event, event.run, i + 1);
    const began = process.hrtime.bigint();
    encodeLine(redact(fresh), '0'.repeat(64));
    return sinceMs(began);
  });
  return `  of it redaction, JSON and digests: median ${at(values, 0.5).toFixed(3)} ms`;
}

/** The file system of a folder, as the kernel's table of mounts names it; its number where there is no such table. */
async function fileSystemOf(path: string): Promise<string> {
  const { type } = await statfs(path);
  const table = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const mounts = table.split('\n').map((it) => it.split(' '));
  const on = mounts
    .filter(
      ([, point = '?']) => path === point || path.startsWith(point === '/' ? '/' : `${point}/`),
    )
    .toSorted(([, a = ''], [, b = '']) => a.length - b.length)
    .at(-1);
  return on === undefined
    ? `file system 0x${type.toString(16)}`
    : `${on[2] ?? ''} on ${on[0] ?? ''} (${on[3] ?? ''})${on[2] === 'tmpfs' ? ': memory, where fsync is free' : ''}`;
}

await mkdir(cache, { recursive: true });
const home = await mkdtemp(join(cache, 'bench-journal-'));
try {
  console.log(
    `${process.version}, Linux ${release()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${await fileSystemOf(home)}`,
  );
  console.log(`an event on disk, ${ROUNDS} rounds that take turns; ratios to a bare write + fsync`);
  for (const sample of samplesOf(await eventsOf('nfs-csi-recovery'))) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: they share the disk
    const times = await measure(sample, home);
    const bare = times.get('write + fsync') ?? [];
    console.log(`${sample.name}: ${sample.event.type}, ${sample.bytes} bytes`);
    for (const [name, values] of times) console.log(shown(name, values, bare));
    console.log(withoutDisk(sample));
  }
  console.log('all events of a run, the large ones included');
  for (const runbook of ['vault-raft-deadlock', 'kernel-nfs-reset', 'nfs-csi-recovery']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other: they share the disk
    console.log(`  ${runbook}, ${await measureRun(await eventsOf(runbook), home)}`);
  }
} finally {
  await rm(home, { recursive: true, force: true });
}
