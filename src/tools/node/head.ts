import { wholeNumber } from './process-stat.ts';
import type { ScriptRecord } from './script.ts';

/** What every look at a node begins with: which boot of it answered, and whether root asked. */
export interface Head {
  readonly bootId: string;
  readonly root: boolean;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** The first record of a kind; everything after the kind. */
export const only = (records: readonly ScriptRecord[], kind: string): string | undefined =>
  records.find((r) => r.kind === kind)?.rest;

/** The head of a script's records; `undefined` where the boot id or the user id is missing or is none. */
export function headOf(records: readonly ScriptRecord[]): Head | undefined {
  const bootId = only(records, 'boot');
  const uid = wholeNumber(only(records, 'uid'));
  if (bootId === undefined || !UUID.test(bootId) || uid === undefined) return undefined;
  return { bootId, root: uid === 0 };
}
