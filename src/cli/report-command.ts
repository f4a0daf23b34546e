import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
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
export type Format = 'post-mortem' | 'report-writer' | 'json';

/** So that the forms of one report lie beside each other. */
const ENDINGS: Readonly<Record<Format, string>> = {
  'post-mortem': '.md',
  'report-writer': '.investigation.md',
  json: '.json',
};

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
  const file = await fileFor(out, `${fileNameOf(report)}${ENDINGS[format]}`);
  await writeNew(file, text);
  return format === 'json'
    ? `written to ${file}\n`
    : `written to ${file}: a draft; what a person has to say is marked "to be filled in"\n`;
}

/** A folder gets the usual name; what is published by being there is refused, whatever path leads there. */
async function fileFor(out: string, name: string): Promise<string> {
  if (out === '') throw unusable('--out names no path', 'Name a new file, or a folder.');
  const path = resolve(out);
  const folder = await isFolder(path);
  if (!folder && out.endsWith('/')) {
    throw unusable(`there is no folder ${path}`, 'Make it first, or name a new file.');
  }
  const file = folder ? join(path, name) : path;
  if (isPublished(file) || isPublished(await realFile(file))) {
    throw new SreError('published-folder', `a draft is not written to ${file}`, {
      source: 'operator',
      hint: 'what is pushed from docs/post-mortems may start automation that changes the cluster: write it elsewhere, read it, then move it there on purpose',
    });
  }
  return file;
}

const unusable = (message: string, hint: string): SreError =>
  new SreError('usage', message, { source: 'operator', hint });

const isPublished = (file: string): boolean => /(?:^|\/)docs\/post-mortems(?:\/|$)/i.test(file);

/** Where a new file really comes to lie: the folder it is named in may be a link. */
async function realFile(file: string): Promise<string> {
  try {
    return join(await realpath(dirname(file)), basename(file));
  } catch (error) {
    throw diskError('write the report to', file, error);
  }
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
