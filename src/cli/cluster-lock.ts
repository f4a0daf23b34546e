import { join } from 'node:path';
import { digestOf } from '../journal/digest.ts';
import { diskError } from '../journal/disk-error.ts';
import { holdersOf, lockFolder, runOf } from '../journal/lock.ts';
import type { Lock } from '../journal/lock.ts';
import { makeFolder } from '../journal/make-folder.ts';
import { isRunId } from '../journal/run-id.ts';
import { runSummary } from '../journal/runs.ts';
import type { RunSummary } from '../journal/runs.ts';
import { formatMs } from '../runbook/duration.ts';
import type { Cluster } from '../runbook/site.ts';
import { SreError } from '../runbook/sre-error.ts';

/**
 * One live run per cluster from this machine and user: two runs would each hold guards from before the other's deed
 * (DESIGN: promise 7). A dead process holds nothing. Rejects with `journal-locked` where another run has it, and names that
 * run's owner, its step and its age.
 */
export async function lockCluster(stateHome: string, cluster: Cluster, run: string): Promise<Lock> {
  const name = digestOf([cluster.kubeconfig ?? '', cluster.context]).slice(0, 16);
  const folder = join(stateHome, 'clusters', name);
  try {
    await makeFolder(folder);
  } catch (error) {
    throw diskError('keep the lock of the cluster in', folder, error);
  }
  const what = `cluster ${cluster.name}`;
  try {
    return await lockFolder(folder, what, run);
  } catch (error) {
    if (!(error instanceof SreError) || error.code !== 'journal-locked') throw error;
    throw await named(error, stateHome, folder, what);
  }
}

/** The refusal with the name of the run that has the cluster, as far as its journal tells it. */
async function named(
  refusal: SreError,
  stateHome: string,
  folder: string,
  what: string,
): Promise<SreError> {
  const holder = (await holdersOf(folder)).find((it) => it.liveness !== 'dead');
  const run = holder === undefined ? undefined : await runOf(holder);
  if (holder === undefined || run === undefined || !isRunId(run)) return refusal;
  const first = inWords(await runSummary(stateHome, run), Date.now());
  return new SreError(
    'journal-locked',
    `${what} is in use by run ${run}${first}, in process ${holder.pid} on ${holder.host}`,
    {
      hint:
        refusal.hint ??
        'go on there, or end that run first: two runs would undo what the other one has made sure of',
    },
  );
}

function inWords(run: RunSummary, now: number): string {
  if (run.state === 'damaged') return ', which has only just begun';
  const age = formatMs(Math.max(0, Math.round((now - run.begunAt) / 1000) * 1000));
  const at = run.next === undefined ? '' : `, at '${run.next.title ?? run.next.step}'`;
  return ` (${run.runbook}) of ${run.operator}@${run.host}${at}, begun ${age} ago`;
}
