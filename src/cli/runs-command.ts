import { listRuns } from '../journal/runs.ts';
import type { RunState, RunSummary } from '../journal/runs.ts';
import { stateHome } from '../inventory/xdg.ts';
import { formatMs } from '../runbook/duration.ts';
import { sanitise } from '../terminal/sanitise.ts';
import { hang, toText } from '../terminal/layout.ts';

/** Lists the runs, the newest first: state, age, and where each would go on. */
export async function runsCommand(json: boolean): Promise<string> {
  const runs = await listRuns(stateHome(process.env));
  if (json) return runs.map((it) => `${JSON.stringify(it)}\n`).join('');
  if (runs.length === 0) return 'No runs yet: `sre runbook` begins one.\n';
  return runs.map((it) => inWords(it, Date.now(), process.stdout.columns ?? 100)).join('\n');
}

const WORDS: Readonly<Record<RunState, string>> = {
  running: 'running',
  stale: 'stale: nobody holds it, and it has no end',
  paused: 'paused',
  'in-doubt': 'in doubt',
  finished: 'finished',
  damaged: 'damaged',
};

/** One run in a few lines. */
export function inWords(run: RunSummary, now: number, columns: number): string {
  const rows = run.state === 'damaged' ? [`damaged: ${run.because}`] : rowsOf(run, now);
  const lines = rows.flatMap((row) => hang([{ text: '  ' }], [{ text: sanitise(row) }], columns));
  return [run.id, ...lines.map((line) => toText(line).trimEnd())].map((it) => `${it}\n`).join('');
}

function rowsOf(run: Exclude<RunSummary, { state: 'damaged' }>, now: number): readonly string[] {
  const ended = run.result === undefined ? '' : ` (${run.result}, exit code ${run.exitCode ?? ''})`;
  const age = formatMs(Math.max(0, Math.round((now - run.touchedAt) / 1000) * 1000));
  const goesOn = run.state === 'finished' ? undefined : run.next;
  return [
    `${run.runbook} · ${run.mode} · cluster ${run.cluster} · ${WORDS[run.state]}${ended}`,
    `started ${new Date(run.begunAt).toISOString().slice(0, 19)}Z by ${run.operator} on ${run.host} · last event ${age} ago`,
    ...(goesOn === undefined ? [] : [`next: ${goesOn.title ?? `step '${goesOn.step}'`}`]),
    ...run.doubt.map((it) => `in doubt: ${it}`),
  ];
}
