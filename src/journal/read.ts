import { access, readFile } from 'node:fs/promises';
import type { Event } from '../engine/events.ts';
import { SreError } from '../runbook/sre-error.ts';
import { verifyChain } from './chain.ts';
import type { Chain, Torn } from './chain.ts';
import { diskError, isErrno } from './disk-error.ts';
import { withLargeOutput } from './output-files.ts';
import type { RunFolder } from './run-folder.ts';

export type { Torn } from './chain.ts';
type Good = Extract<Chain, { ok: true }>;

/** A run's events, whole and verified; or why they cannot be trusted. */
export type JournalRead =
  | {
      readonly ok: true;
      readonly events: readonly Event[];
      /** The last line is incomplete: cut off by a crash, or being written at this moment. Nothing was changed. */
      readonly torn?: Torn;
    }
  | { readonly ok: false; readonly error: SreError };

function refused(folder: RunFolder, fault: Extract<Chain, { ok: false }>): SreError {
  const where = `${folder.events}, line ${fault.line}`;
  return fault.fault === 'format'
    ? new SreError('journal-format', `${where}: ${fault.because}`, {
        source: 'operator',
        hint: 'use the sre that wrote it',
      })
    : new SreError(
        'journal-damaged',
        `${where} was changed after it was written: ${fault.because}`,
        {
          hint: `the ${fault.line - 1} lines before it are sound; nothing was changed; read it by hand before acting on it; \`sre resume ${folder.run} --despite '<reason>'\` goes on from them`,
        },
      );
}

const noSuchRun = (folder: RunFolder): SreError =>
  new SreError('no-such-run', `there is no run ${folder.run}: ${folder.events} does not exist`, {
    source: 'operator',
    hint: '`sre runs` lists the runs',
  });

/** Refuses a run of which nothing is kept, before anything is made in its place. */
export async function mustExist(folder: RunFolder): Promise<void> {
  try {
    await access(folder.events);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw noSuchRun(folder);
    throw diskError('read the journal', folder.events, error);
  }
}

/** The journal's verified chain, outputs still by reference. Throws what makes it unusable. */
export async function chainOf(folder: RunFolder): Promise<Good> {
  let bytes: Buffer;
  try {
    bytes = await readFile(folder.events);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw noSuchRun(folder);
    throw diskError('read the journal', folder.events, error);
  }
  const chain = verifyChain(bytes, folder.run);
  if (!chain.ok) throw refused(folder, chain);
  return chain;
}

/** The events with their large outputs read back, one after the other: a long run has more of them than open files. */
export async function rehydrated(
  events: readonly Event[],
  folder: RunFolder,
): Promise<readonly Event[]> {
  const whole: Event[] = [];
  for (const event of events) whole.push(await withLargeOutput(event, folder));
  return whole;
}

/** The sentence about a last line that is incomplete. */
export const tornError = (folder: RunFolder, { line, droppedBytes }: Torn): SreError =>
  new SreError(
    'journal-torn',
    `${folder.events}, line ${line} is incomplete: the run was cut off while it was written`,
    {
      hint:
        droppedBytes === 0
          ? 'only the end of the line is missing; a repair adds it and loses nothing'
          : `it was never acted upon; a repair cuts off its ${droppedBytes} bytes and keeps everything before it`,
    },
  );

/** Reads a run's events: hash chain, numbers and outputs are verified. Changes nothing, and needs no lock. */
export async function readJournal(folder: RunFolder): Promise<JournalRead> {
  try {
    const { events, torn } = await chainOf(folder);
    return {
      ok: true,
      events: await rehydrated(events, folder),
      ...(torn === undefined ? {} : { torn }),
    };
  } catch (error) {
    if (error instanceof SreError) return { ok: false, error };
    throw error;
  }
}
