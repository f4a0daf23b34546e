import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import type { ProcessIdentity } from './process-record.ts';
import { wholeNumber } from './process-stat.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** A process as it is found now. */
export interface FoundProcess extends ProcessIdentity {
  /** One letter, as in proc(5). */
  readonly state: string;
}

/** Reads a `found` record: pid, start, state, command name. `undefined` where it is none. */
export function parseFound(records: readonly ScriptRecord[]): FoundProcess | undefined {
  const fields = records.find((r) => r.kind === 'found')?.fields ?? [];
  const [pid, startTicks] = [fields[0], fields[1]].map(wholeNumber);
  const state = fields[2];
  if (pid === undefined || startTicks === undefined || !/^[A-Za-z]$/.test(state ?? '')) {
    return undefined;
  }
  return { pid, startTicks, state: state ?? '', comm: fields.slice(3).join('\t') };
}

function readTask(records: readonly ScriptRecord[]): Reading<FoundProcess | undefined> {
  if (records.some((r) => r.kind === 'gone')) return value(undefined);
  const found = parseFound(records);
  return found === undefined
    ? unparsable('expected a found or a gone record of the process, and got neither')
    : value(found);
}

/** One process: its start and name, which a reused id does not share; `undefined` where it is gone. Within 10 s. */
export function task(node: string, pid: number): Command<FoundProcess | undefined> {
  return script<FoundProcess | undefined>({
    where: { on: 'node', node },
    id: 'node.task',
    about: `look at process ${pid} on ${node}`,
    script: 'node/task',
    args: [String(pid)],
    deadlineMs: 10_000,
    read: readTask,
  });
}
