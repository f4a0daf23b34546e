import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openJournal } from '../journal/append.ts';
import type { FileJournal } from '../journal/append.ts';
import { leaveNote, liesThere, takeNotes } from '../journal/notes.ts';
import { redact } from '../journal/redact.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { runId } from '../journal/run-id.ts';
import { loadInventory } from '../inventory/load.ts';
import { knownSecrets } from '../inventory/secrets.ts';
import { stateHome } from '../inventory/xdg.ts';
import { SreError } from '../runbook/sre-error.ts';
import { sanitise } from '../terminal/sanitise.ts';
import { findRun, runUnderWay } from './find-run.ts';
import { tell } from './tell.ts';

const LONGEST = 2000;

/** How often, and after how many milliseconds, it is looked whether the run is free, or its holder has taken the note. */
const TRIES = 15;
const EVERY_MS = 200;

/**
 * Writes a note into a run. It is left beside the journal first, and taken in by whoever has the run: this process, as soon as
 * nobody else does, or the one that holds it.
 */
export async function noteCommand(run: string | undefined, words: string): Promise<string> {
  const note = redact(sanitise(words, { max: LONGEST }).trim(), await knownHere());
  if (note === '') {
    throw new SreError('empty-note', 'a note without words was not kept', {
      source: 'operator',
      hint: "Write it as `sre note 'the first 200 came at 11:03'`.",
    });
  }
  const home = stateHome(process.env);
  const underWay = run === undefined ? await runUnderWay(home) : undefined;
  const folder = underWay ?? (await findRun(home, run));
  // A journal that cannot be written to is refused before anything is left beside it.
  const free = await openUnlessHeld(folder);
  const id = runId(Date.now(), randomBytes(10));
  try {
    await leaveNote(folder, id, { note, by: userInfo().username });
    if (free !== undefined) await takeNotes(folder, keepIn(free));
  } finally {
    await free?.close();
  }
  return (await isTaken(folder, id))
    ? `noted in run ${folder.run}\n`
    : `left beside run ${folder.run}: the process that holds it takes it in, or the next note or resume does\n`;
}

async function isTaken(folder: RunFolder, id: string): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other is the point
    if (!(await liesThere(folder, id))) return true;
    // oxlint-disable-next-line no-await-in-loop
    await sleep(EVERY_MS);
    // oxlint-disable-next-line no-await-in-loop
    const free = await openUnlessHeld(folder);
    // oxlint-disable-next-line no-await-in-loop
    if (free !== undefined) await takeNotes(folder, keepIn(free)).finally(() => free.close());
  }
  return !(await liesThere(folder, id));
}

/** Appends notes to a journal that nobody drives, each at the time of the run: a lab has its own, and none goes back. */
function keepIn(journal: FileJournal): (note: string, by: string) => Promise<void> {
  const { run } = journal.folder;
  const [first] = journal.events;
  const last = Date.parse(journal.events.at(-1)?.at ?? '') || 0;
  const inLab = first?.type === 'run.started' && first.lab !== undefined;
  let seq = journal.events.length;
  return async (note, by) => {
    seq += 1;
    const at = new Date(inLab ? last : Math.max(Date.now(), last)).toISOString();
    await journal.append({ type: 'operator.noted', note, by, run, seq, at });
  };
}

/** The secrets of the inventory that is found from here. One that is there and not sound hides none, and that is said. */
async function knownHere(): Promise<readonly string[]> {
  try {
    const inventory = await loadInventory({ cwd: process.cwd(), env: process.env });
    return (await knownSecrets(inventory)).values;
  } catch (error) {
    if (!(error instanceof SreError)) throw error;
    if (error.code === 'inventory-invalid') {
      tell(
        `${error.message.split('\n')[0] ?? ''} what it lists as secret is not taken out of this note`,
      );
    }
    return [];
  }
}

async function openUnlessHeld(folder: RunFolder): Promise<FileJournal | undefined> {
  try {
    return await openJournal(folder, 'resumed');
  } catch (error) {
    if (error instanceof SreError && error.code === 'journal-locked') return undefined;
    throw error;
  }
}
