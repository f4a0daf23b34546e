import { open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { diskError, isErrno } from '../journal/disk-error.ts';
import { readJournal } from '../journal/read.ts';
import { stateHome } from '../inventory/xdg.ts';
import { investigation } from '../report/investigation.ts';
import { postMortem } from '../report/post-mortem.ts';
import { reportOf } from '../report/report.ts';
import type { Report } from '../report/report.ts';
import { fileNameOf } from '../report/words.ts';
import { SreError } from '../runbook/sre-error.ts';
import { findRun } from './find-run.ts';
import { tell } from './tell.ts';

/** What a report can be written as; the first one is the default. */
export const FORMATS = ['post-mortem', 'report-writer', 'json'] as const;
export type Format = (typeof FORMATS)[number];

const written: Readonly<Record<Format, (report: Report) => string>> = {
  'post-mortem': postMortem,
  'report-writer': investigation,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
};

/** Writes the draft of a run's post-mortem; gives what goes to standard output. */
export async function reportCommand(
  run: string | undefined,
  { format = 'post-mortem', out }: { readonly format?: Format; readonly out?: string },
): Promise<string> {
  const folder = await findRun(stateHome(process.env), run);
  const read = await readJournal(folder);
  if (!read.ok) throw read.error;
  if (read.torn !== undefined) {
    tell(
      `line ${read.torn.line} of the journal is incomplete and was left out: the run may be under way`,
    );
  }
  const report = reportOf(read.events, folder.run);
  const text = written[format](report);
  if (out === undefined) return text;
  const file = await fileFor(
    out,
    format === 'json' ? fileNameOf(report).replace(/\.md$/, '.json') : fileNameOf(report),
  );
  await writeNew(file, text);
  return `written to ${file}: a draft; what a person has to say is marked "to be filled in"\n`;
}

/** A folder gets the usual name; what is published by being there is refused. */
async function fileFor(out: string, name: string): Promise<string> {
  const path = resolve(out);
  const file = (await isFolder(path)) ? join(path, name) : path;
  if (/(?:^|\/)docs\/post-mortems(?:\/|$)/.test(file)) {
    throw new SreError('published-folder', `a draft is not written to ${file}`, {
      source: 'operator',
      hint: 'what is pushed from docs/post-mortems may start automation that changes the cluster: write it elsewhere, read it, then move it there on purpose',
    });
  }
  return file;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw diskError('write the report to', path, error);
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError('write the report to', file, error);
  }
}
