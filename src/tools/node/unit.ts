import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf } from './head.ts';
import { wholeNumber } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** The services of a node that a runbook may restart. */
export type UnitName = 'kubelet' | 'containerd';

/** A service of a node, as systemd has it. */
export interface Unit {
  readonly bootId: string;
  readonly root: boolean;
  readonly name: UnitName;
  /** `active`, `deactivating`, `inactive`, `failed`. */
  readonly active: string;
  /** `running`, `dead`; `final-sigkill`: it cannot be killed (COMMANDS B.3). */
  readonly sub: string;
  /** Absent where it has none. */
  readonly mainPid?: number;
  /** When its main process started: microseconds since boot. A restart changes it. Absent where it never did. */
  readonly startedUs?: number;
  /** The same by the node's own clock, to the second: milliseconds since 1970. Absent where the node tells no time. */
  readonly startedAt?: number;
}

/** When that was, by the clock of the machine that says so: other clocks may go otherwise. */
function onClock(records: readonly ScriptRecord[], startedUs: number): number | undefined {
  const [date, sinceBoot] = records.find((r) => r.kind === 'clock')?.fields ?? [];
  const seconds = wholeNumber(date);
  const uptime = /^\d+(\.\d+)?$/.test(sinceBoot ?? '') ? Number(sinceBoot) : undefined;
  return seconds === undefined || uptime === undefined
    ? undefined
    : Math.round(seconds * 1000 - uptime * 1000 + startedUs / 1000);
}

function readUnit(records: readonly ScriptRecord[], wanted: UnitName): Reading<Unit> {
  const head = headOf(records);
  const [name, active, sub, main, started] = records.find((r) => r.kind === 'unit')?.fields ?? [];
  const [mainPid, startedUs] = [main, started].map(wholeNumber);
  if (head === undefined || name !== wanted || !active || !sub) {
    return unparsable(`expected the boot id and the state of ${wanted}, and one is missing`);
  }
  if (mainPid === undefined || startedUs === undefined) {
    return unparsable(`expected the main process of ${wanted} and its start, and got neither`);
  }
  const startedAt = startedUs === 0 ? undefined : onClock(records, startedUs);
  return value({
    ...head,
    name: wanted,
    active,
    sub,
    ...(mainPid === 0 ? {} : { mainPid }),
    ...(startedUs === 0 ? {} : { startedUs }),
    ...(startedAt === undefined ? {} : { startedAt }),
  });
}

/** The state of a service, its main process and when that started; 10 s. */
export function unit(node: string, name: UnitName): Command<Unit> {
  return script<Unit>({
    where: { on: 'node', node },
    id: 'node.unit',
    about: `look at ${name} on ${node}`,
    script: 'node/unit',
    args: [name],
    deadlineMs: 10_000,
    read: (records) => readUnit(records, name),
  });
}
