import { readdir } from 'node:fs/promises';
import type { EventOf, Mode, RunResult } from '../engine/events.ts';
import { SreError } from '../runbook/sre-error.ts';
import { diskError, isErrno } from './disk-error.ts';
import { holdersOf } from './lock.ts';
import { chainOf } from './read.ts';
import { isRunId } from './run-id.ts';
import { runFolder, runsFolder } from './run-folder.ts';

interface Begun {
  readonly id: string;
  readonly runbook: string;
  readonly version: number;
  readonly mode: Mode;
  readonly cluster: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly lastAt: string;
}

/** One run of a state home, as `sre runs` lists it. */
export type RunSummary =
  | (Begun & { readonly state: 'finished'; readonly result: RunResult; readonly exitCode: number })
  /** Not finished: `running` where a live process holds it, else to be resumed. */
  | (Begun & { readonly state: 'running' | 'open' })
  /** Its journal cannot be used; `because` is the sentence. */
  | { readonly id: string; readonly state: 'damaged'; readonly because: string };

async function summaryOf(stateHome: string, id: string): Promise<RunSummary> {
  const folder = runFolder(stateHome, id);
  const { events } = await chainOf(folder);
  const [first] = events;
  const last = events.at(-1);
  if (first?.type !== 'run.started' || last === undefined) {
    return { id, state: 'damaged', because: `${folder.events} holds no start of a run` };
  }
  const { runbook, version, mode, cluster, at: startedAt } = first;
  const begun = { id, runbook, version, mode, cluster, startedAt, lastAt: last.at };
  const turn = events.findLast((it) => it.type === 'run.finished' || it.type === 'run.resumed');
  if (turn?.type === 'run.finished') return { ...begun, ...finish(turn) };
  const holders = await holdersOf(folder.path);
  return { ...begun, state: holders.some((it) => it.liveness !== 'dead') ? 'running' : 'open' };
}

const finish = ({ result, exitCode }: EventOf<'run.finished'>) =>
  ({ state: 'finished', result, exitCode }) as const;

/** All runs of a state home, the newest first. A run that cannot be read is listed, and says why. */
export async function listRuns(stateHome: string): Promise<readonly RunSummary[]> {
  const folder = runsFolder(stateHome);
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw diskError('list the runs in', folder, error);
  }
  const ids = names.filter(isRunId).toSorted().toReversed();
  const runs: RunSummary[] = [];
  for (const id of ids) runs.push(await summaryOrDamage(stateHome, id));
  return runs;
}

async function summaryOrDamage(stateHome: string, id: string): Promise<RunSummary> {
  try {
    return await summaryOf(stateHome, id);
  } catch (error) {
    if (!(error instanceof SreError)) throw error;
    return { id, state: 'damaged', because: error.message };
  }
}
