import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { printable } from '../printable.ts';
import { failed } from '../reading.ts';
import { only } from './head.ts';
import type { ProcessIdentity } from './process-record.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';
import { parseFound } from './task.ts';

/**
 * `sent`: the signal went to the very process that was seen; whether it died is for the effect to tell. `gone`: there was
 * none of that id. `other`: another process had that id, and nothing was sent.
 */
export type KillAnswer = 'sent' | 'gone' | 'other';

function readKill(records: readonly ScriptRecord[]): Reading<KillAnswer> {
  const has = (kind: string): boolean => records.some((r) => r.kind === kind);
  if (has('gone')) return value('gone');
  if (has('other')) return value('other');
  const why = only(records, 'failed');
  if (why !== undefined && parseFound(records) !== undefined) {
    if (/no such process/i.test(why)) return value('gone');
    return failed('denied', printable(`the node did not let the signal through: ${why}`));
  }
  return parseFound(records) !== undefined && only(records, 'sent') === 'KILL'
    ? value('sent')
    : unparsable('expected to hear whether the signal was sent, and got something else');
}

/**
 * Sends SIGKILL to one process, which must still have the start and the name that were seen: the node compares both
 * immediately before it (COMMANDS F, SIGKILL mount.nfs); 10 s.
 */
export function killTask(node: string, process: ProcessIdentity): Command<KillAnswer> {
  const { pid, startTicks, comm } = process;
  return script<KillAnswer>({
    where: { on: 'node', node },
    id: 'node.kill-task',
    about: `send SIGKILL to process ${pid} (${printable(comm)}) on ${node}`,
    script: 'node/kill-task',
    args: [String(pid), String(startTicks), comm],
    does: 'mutates',
    scope: `process ${pid} on ${node}`,
    deadlineMs: 10_000,
    read: readKill,
  });
}
