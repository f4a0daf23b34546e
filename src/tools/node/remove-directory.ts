import type { Command, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import { deedOf, noDeed, refused } from './deed.ts';
import { only } from './head.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/**
 * `mounted`: a mount table names it or something below or above it, and nothing was done. `not-empty`: it holds
 * something, and stays; nothing here deletes what a directory holds.
 */
export type RemoveAnswer = 'removed' | 'gone' | 'mounted' | 'not-empty';

function readRemove(records: readonly ScriptRecord[]): Reading<RemoveAnswer> {
  if (only(records, 'mounted') !== undefined) return value('mounted');
  const deed = deedOf(records);
  if (deed === undefined) return noDeed('rmdir');
  if (deed.code === 0) return value('removed');
  if (/No such file or directory/.test(deed.said)) return value('gone');
  if (/Directory not empty/.test(deed.said)) return value('not-empty');
  return /Device or resource busy/.test(deed.said) ? value('mounted') : refused('rmdir', deed);
}

/**
 * Removes one empty directory below /var/lib/kubelet/pods with `rmdir`, and only where no mount table has it: deleting
 * below a live mount would delete what the server keeps (COMMANDS B.4, F); 15 s.
 */
export function removeDirectory(node: string, path: string): Command<RemoveAnswer> {
  return script<RemoveAnswer>({
    where: { on: 'node', node },
    id: 'node.remove-directory',
    about: `remove the empty directory ${path} on ${node}`,
    script: 'node/remove-directory',
    args: [path],
    does: 'mutates',
    scope: `${path} on ${node}`,
    deadlineMs: 15_000,
    read: readRemove,
  });
}
