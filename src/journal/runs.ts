import { readdir, stat } from 'node:fs/promises';
import type { Mode, RunResult } from '../engine/events.ts';
import { SreError } from '../runbook/sre-error.ts';
import { diskError, isErrno } from './disk-error.ts';
import { holdersOf } from './lock.ts';
import { chainOf } from './read.ts';
import { isRunId, timeOf } from './run-id.ts';
import { runFolder, runsFolder } from './run-folder.ts';
import type { RunFolder } from './run-folder.ts';
import { standingOf } from './standing.ts';
import type { NextStep, Standing } from './standing.ts';

/** One run of a state home, as `sre runs` lists it. */
export type RunSummary =
  | {
      readonly id: string;
      readonly state: Exclude<RunState, 'damaged'>;
      readonly runbook: string;
      readonly version: number;
      readonly mode: Mode;
      readonly cluster: string;
      readonly operator: string;
      readonly host: string;
      /** ISO 8601, UTC, on the clock of the run: the lab has its own. */
      readonly startedAt: string;
      readonly lastAt: string;
      /** When its folder was made, by this machine's clock; milliseconds since 1970, UTC. */
      readonly begunAt: number;
      /** When its journal was last written to, by this machine's clock; milliseconds since 1970, UTC. */
      readonly touchedAt: number;
      /** How it ended, where it did. */
      readonly result?: RunResult;
      readonly exitCode?: number;
      readonly next?: NextStep;
      readonly doubt: readonly string[];
    }
  /** Its journal cannot be used; `because` is the sentence. */
  | { readonly id: string; readonly state: 'damaged'; readonly because: string };

/**
 * `running`: a live process holds it · `stale`: nobody does, and it has no end · `paused`: it was stopped, and can be gone on
 * with · `in-doubt`: something was issued whose effect nobody knows · `finished`: its runbook came to an end.
 */
export type RunState = 'running' | 'stale' | 'paused' | 'in-doubt' | 'finished' | 'damaged';

async function summaryOf(stateHome: string, id: string): Promise<RunSummary> {
  const folder = runFolder(stateHome, id);
  const { events } = await chainOf(folder);
  const [first] = events;
  const last = events.at(-1);
  if (first?.type !== 'run.started' || last === undefined) {
    return { id, state: 'damaged', because: `${folder.events} holds no start of a run` };
  }
  const { runbook, version, mode, cluster, operator, host, at: startedAt } = first;
  const standing = standingOf(events);
  const holders = await holdersOf(folder.path);
  const held = holders.some((it) => it.liveness !== 'dead');
  return {
    id,
    state: stateOf(standing, held),
    runbook,
    version,
    mode,
    cluster,
    operator,
    host,
    startedAt,
    lastAt: last.at,
    begunAt: timeOf(id),
    touchedAt: (await stat(folder.events)).mtimeMs,
    ...standing.finished,
    ...(standing.next === undefined ? {} : { next: standing.next }),
    doubt: standing.doubt,
  };
}

function stateOf({ is, doubt }: Standing, held: boolean): Exclude<RunState, 'damaged'> {
  if (is === 'finished') return 'finished';
  if (held) return 'running';
  if (doubt.length > 0) return 'in-doubt';
  return is === 'paused' ? 'paused' : 'stale';
}

/** The ids of all runs, the oldest first: also of those whose journal was lost, or never begun. */
export async function runIds(stateHome: string): Promise<readonly string[]> {
  const folder = runsFolder(stateHome);
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw diskError('list the runs in', folder, error);
  }
  return names.filter(isRunId).toSorted();
}

/** Whether a run has a journal. What may not be looked at is one: whoever reads it says why it cannot be read. */
export async function hasJournal({ events }: RunFolder): Promise<boolean> {
  try {
    await stat(events);
    return true;
  } catch (error) {
    return !isErrno(error, 'ENOENT');
  }
}

/** All runs of a state home, the newest first. A run that cannot be read is listed, and says why. */
export async function listRuns(stateHome: string): Promise<readonly RunSummary[]> {
  const runs: RunSummary[] = [];
  for (const id of (await runIds(stateHome)).toReversed()) {
    runs.push(await runSummary(stateHome, id));
  }
  return runs;
}

/** One run as `sre runs` lists it. A run that cannot be read says why. */
export async function runSummary(stateHome: string, id: string): Promise<RunSummary> {
  try {
    return await summaryOf(stateHome, id);
  } catch (error) {
    if (!(error instanceof SreError)) throw error;
    return { id, state: 'damaged', because: error.message };
  }
}
