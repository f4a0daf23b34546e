import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { openJournal } from '../journal/append.ts';
import type { FileJournal } from '../journal/append.ts';
import { leaveNote } from '../journal/notes.ts';
import { redact } from '../journal/redact.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { runId } from '../journal/run-id.ts';
import { loadInventory } from '../inventory/load.ts';
import { knownSecrets } from '../inventory/secrets.ts';
import { stateHome } from '../inventory/xdg.ts';
import { SreError } from '../runbook/sre-error.ts';
import { sanitise } from '../terminal/sanitise.ts';
import { findRun } from './find-run.ts';

const LONGEST = 2000;

/** Writes a note into a run: at once where nobody holds it, and through the process that holds it otherwise. */
export async function noteCommand(run: string | undefined, words: string): Promise<string> {
  const note = redact(sanitise(words, { max: LONGEST }).trim(), await knownHere());
  if (note === '') {
    throw new SreError('empty-note', 'a note without words was not kept', {
      source: 'operator',
      hint: "Write it as `sre note 'the first 200 came at 11:03'`.",
    });
  }
  const folder = await findRun(stateHome(process.env), run);
  const by = userInfo().username;
  const journal = await openUnlessHeld(folder);
  if (journal === undefined) {
    await leaveNote(folder, runId(Date.now(), randomBytes(10)), { note, by });
    return `left for the process that holds run ${folder.run}: it takes it in within a second\n`;
  }
  try {
    const last = journal.events.at(-1);
    // The clock of a run never goes back: a lab has its own.
    const at = Math.max(Date.now(), last === undefined ? 0 : Date.parse(last.at));
    const labTime = journal.events[0]?.type === 'run.started' && journal.events[0].mode === 'lab';
    await journal.append({
      type: 'operator.noted',
      note,
      by,
      run: folder.run,
      seq: journal.events.length + 1,
      at: labTime && last !== undefined ? last.at : new Date(at).toISOString(),
    });
    return `noted in run ${folder.run}\n`;
  } finally {
    await journal.close();
  }
}

/** The secrets of the inventory that is found from here; a note is kept all the same where there is none, or it is not sound. */
async function knownHere(): Promise<readonly string[]> {
  try {
    const inventory = await loadInventory({ cwd: process.cwd(), env: process.env });
    return (await knownSecrets(inventory)).values;
  } catch (error) {
    if (error instanceof SreError) return [];
    throw error;
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
