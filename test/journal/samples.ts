import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { onTestFinished } from 'vitest';
import type { Event, EventOf, Happening, Output } from '../../src/engine/events.ts';
import { CHART_CSI, CHART_NETWORK } from '../../src/runbook/site.ts';
import type { Site } from '../../src/runbook/site.ts';
import { openJournal } from '../../src/journal/append.ts';
import { openRunFolder } from '../../src/journal/run-folder.ts';
import type { RunFolder } from '../../src/journal/run-folder.ts';
import { runId } from '../../src/journal/run-id.ts';

/** A new state home, removed when the test is over. */
export async function stateHome(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sre-journal-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

export const newRunId = (): string => runId(Date.UTC(2026, 10, 22, 3, 0, 0), randomBytes(10));

export const newRunFolder = async (home?: string): Promise<RunFolder> =>
  openRunFolder(home ?? (await stateHome()), newRunId());

const site: Site = {
  cluster: { name: 'example', context: 'example' },
  nodes: [{ name: 'node-a', address: '192.0.2.11' }],
  hosts: [],
  vault: {
    namespace: 'vault',
    statefulSet: 'vault',
    selector: 'app.kubernetes.io/name=vault,component=server',
    container: 'vault',
    scheme: 'http',
    port: 8200,
    activeService: 'vault-active',
    unseal: { by: 'sidecar', container: 'auto-unseal', secret: 'vault-unseal-key' },
    token: true,
  },
  csi: CHART_CSI,
  network: CHART_NETWORK,
  maintenance: {},
  accessPath: [],
};

export const started = {
  type: 'run.started',
  runbook: 'vault-raft-deadlock',
  version: 1,
  digest: 'd',
  params: { namespace: 'vault' },
  mode: 'live',
  cluster: 'example',
  inventory: 'i',
  site,
  operator: 'ops',
  host: 'laptop',
} as const satisfies Happening;

export const noted = (note: string): Happening => ({ type: 'operator.noted', note, by: 'ops' });

export const finishedCommand = (
  output: Output,
): Omit<EventOf<'command.finished'>, 'run' | 'seq' | 'at'> => ({
  type: 'command.finished',
  step: 'confirm',
  visit: 1,
  depth: 0,
  command: 'kubectl.pods',
  key: 'pods',
  purpose: 'observe',
  sample: 0,
  ending: { how: 'exited', code: 0 },
  durationMs: 12,
  output,
});

export const stamped = (run: string, happenings: readonly Happening[]): readonly Event[] =>
  happenings.map((it, i) => ({
    ...it,
    run,
    seq: i + 1,
    at: new Date(Date.UTC(2026, 10, 22, 3, 0, i)).toISOString(),
  }));

/** Writes these events as a new journal and closes it; what was written. */
export async function write(
  folder: RunFolder,
  happenings: readonly Happening[],
): Promise<readonly Event[]> {
  const events = stamped(folder.run, happenings);
  const journal = await openJournal(folder, 'new');
  for (const event of events) await journal.append(event);
  await journal.close();
  return events;
}

const text = fc.string({ unit: 'binary', maxLength: 60 });
const output = fc.record({
  stdout: fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 1, arbitrary: text.map((it) => `${it}é😀\n`.repeat(3000)) },
  ),
  stderr: text,
  truncated: fc.boolean(),
});

/** Any happening of some types, with any text, line ends and quotes included. */
export const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.jsonValue().map((params): Happening => ({ ...started, params })),
  text.map(noted),
  output.map(finishedCommand),
);
