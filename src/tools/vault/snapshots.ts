import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { Site } from '../../runbook/site.ts';
import { only } from '../node/head.ts';
import { wholeNumber } from '../node/process-stat.ts';
import { script } from '../node/script.ts';
import type { ScriptRecord } from '../node/script.ts';
import { printable } from '../printable.ts';
import { failed } from '../reading.ts';

/** A raft snapshot on disk. That it can be restored is not proven by its being there. */
export interface Snapshot {
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970, UTC, of its last change. */
  readonly at: number;
}

/** How many are kept of those found. */
const NEWEST = 10;

function readSnapshots(records: readonly ScriptRecord[]): Reading<readonly Snapshot[]> {
  const absent = only(records, 'absent');
  if (absent !== undefined)
    return failed('exit', printable(`there is no directory ${absent} on that host`));
  const snapshots: Snapshot[] = [];
  for (const { fields } of records.filter((r) => r.kind === 'snapshot')) {
    const [bytes, seconds] = [fields.at(-2), fields.at(-1)].map(wholeNumber);
    const name = fields[0];
    if (!name || bytes === undefined || seconds === undefined) {
      return unparsable('expected the name, size and time of a snapshot, and got something else');
    }
    snapshots.push({ name, bytes, at: seconds * 1000 });
  }
  return value(
    snapshots.toSorted((a, b) => b.at - a.at || b.name.localeCompare(a.name)).slice(0, NEWEST),
  );
}

/** The ten newest raft snapshots, newest first; 10 s. `undefined` where the inventory does not say where they lie. */
export function newestSnapshots(site: Site): Command<readonly Snapshot[]> | undefined {
  const { snapshots } = site.vault;
  if (snapshots === undefined) return undefined;
  return script<readonly Snapshot[]>({
    where: { on: 'pve', host: snapshots.host },
    id: 'vault.snapshots',
    about: `list the newest raft snapshots on ${snapshots.host}`,
    script: 'vault/snapshots',
    args: [snapshots.directory],
    deadlineMs: 10_000,
    read: readSnapshots,
  });
}
