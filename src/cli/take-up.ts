import type { Event, EventOf } from '../engine/events.ts';
import { keptDescription } from '../journal/description.ts';
import { differences } from '../journal/differences.ts';
import { digestOf } from '../journal/digest.ts';
import { readJournal } from '../journal/read.ts';
import { repairJournal } from '../journal/repair.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { salvageJournal } from '../journal/salvage.ts';
import { takeable } from '../journal/takeable.ts';
import { describeAll } from '../plan/describe.ts';
import { SreError } from '../runbook/sre-error.ts';
import type { Chosen } from './choose-runbook.ts';
import type { Place } from './place.ts';
import { tell } from './tell.ts';

/** A run that is to be gone on with: its start, and what of its journal was not as it had been left. */
export interface TakenUp {
  readonly started: EventOf<'run.started'>;
  readonly despite: readonly string[];
}

/**
 * Reads a run back. A torn last line is cut off and said, since it was never acted upon; a broken chain is refused, unless a
 * reason was given: then its sound beginning is gone on with, and the whole is kept beside it.
 */
export async function takeUp(folder: RunFolder, reason: string | undefined): Promise<TakenUp> {
  const despite = reason === undefined ? [] : await salvaged(folder);
  return { started: takeable(await soundEvents(folder), folder.run), despite };
}

async function soundEvents(folder: RunFolder): Promise<readonly Event[]> {
  const read = await readJournal(folder);
  if (!read.ok) throw read.error;
  if (read.torn === undefined) return read.events;
  // Refuses where a live process holds the run: then the line is being written at this moment.
  const { droppedBytes } = await repairJournal(folder);
  tell(
    droppedBytes === 0
      ? `the end of line ${read.torn.line} of the journal was missing and was added: nothing is lost`
      : `line ${read.torn.line} of the journal was incomplete and was cut off (${droppedBytes} bytes): the tool was stopped while it was written, so nothing was done upon it`,
  );
  return read.events;
}

async function salvaged(folder: RunFolder): Promise<readonly string[]> {
  const found = await salvageJournal(folder);
  if (found === undefined) return [];
  const { line, because, original, told } = found;
  return [
    `line ${line} of the journal was changed after it was written (${because}): gone on from the ${line - 1} lines before it, the whole is in ${original}`,
    ...told.map((it) => `its unsound part tells of: ${it}`),
  ];
}

/**
 * What differs between the run as it began and now: its runbook, its inventory. Refused with the differences, unless a reason
 * was given; both are for the journal.
 */
export async function changedSince(
  folder: RunFolder,
  { started, despite }: TakenUp,
  { book, library }: Chosen,
  place: Place,
  reason: string | undefined,
): Promise<readonly string[]> {
  const description = describeAll(library, book);
  const all = [
    ...despite,
    ...(digestOf(description) === started.digest
      ? []
      : runbookChanges(await keptDescription(folder, started.digest), description, book.id)),
    ...(place.inventory === started.inventory ? [] : inventoryChanges(started, place)),
  ];
  if (all.length === 0 || reason !== undefined) return all;
  throw new SreError(
    'run-changed',
    `run ${folder.run} cannot simply be gone on with:\n     ${all.join('\n     ')}`,
    {
      source: 'operator',
      hint: `Look at what changed; then go on with \`sre resume ${folder.run} --despite '<why it may be gone on with>'\`, or begin anew with \`sre runbook ${book.id}\`.`,
    },
  );
}

const MOST = 10;

function bounded(lines: readonly string[]): readonly string[] {
  return lines.length <= MOST
    ? lines
    : [...lines.slice(0, MOST), `… and ${lines.length - MOST} more differences`];
}

function runbookChanges(before: unknown, now: unknown, id: string): readonly string[] {
  const first = `the runbook ${id} is not the one it began with`;
  if (before === undefined) return [`${first}; what it said then was not kept`];
  return [first, ...bounded(differences(before, now).map((it) => `  ${it}`))];
}

function inventoryChanges(started: EventOf<'run.started'>, place: Place): readonly string[] {
  const first = `the inventory is not the one it began with (cluster ${started.cluster} then, ${place.site.cluster.name} now)`;
  const changed = bounded(differences(started.site, place.site).map((it) => `  ${it}`));
  return changed.length > 0
    ? [first, ...changed]
    : [`${first}; it differs in how machines are reached, not in which they are`];
}
