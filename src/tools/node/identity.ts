import type { Command, Reading, Where } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf, only } from './head.ts';
import { wholeNumber } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** Which machine answered, and which boot of it. */
export interface Identity {
  /** New with every boot: the one proof of a reset (COMMANDS D.3). */
  readonly bootId: string;
  /** Whether root asked. */
  readonly root: boolean;
  /** The kernel release: wait channels are named by it. */
  readonly kernel: string;
  /** Seconds since 1970, UTC, by its own clock. */
  readonly now: number;
  readonly host: string;
  /** The SMBIOS product UUID in lower case; absent without root or without SMBIOS. */
  readonly productUuid?: string;
}

function readIdentity(records: readonly ScriptRecord[]): Reading<Identity> {
  const head = headOf(records);
  const now = wholeNumber(only(records, 'now'));
  const kernel = only(records, 'kernel');
  const host = only(records, 'host');
  if (head === undefined || now === undefined || !kernel || !host) {
    return unparsable(
      'expected the boot id, user id, kernel, clock and name of the machine, and one is missing',
    );
  }
  const uuid = only(records, 'uuid')?.toLowerCase() ?? '-';
  const given = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(uuid);
  return value({ ...head, kernel, now, host, ...(given ? { productUuid: uuid } : {}) });
}

const nameOf = (where: Where): string => {
  if (where.on === 'local') return 'this machine';
  return where.on === 'node' ? where.node : where.host;
};

/** The identity of a machine, and the proof that commands get there; 10 s. */
export function identity(where: Where): Command<Identity> {
  return script<Identity>({
    where,
    id: 'node.identity',
    about: `see which machine and boot ${nameOf(where)} is`,
    script: 'node/identity',
    args: [],
    deadlineMs: 10_000,
    read: readIdentity,
  });
}
