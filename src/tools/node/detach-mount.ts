import type { Command, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import { deedOf, noDeed, refused } from './deed.ts';
import { only } from './head.ts';
import type { NfsMount } from './nfs-state.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** `detached`: it is out of the mount table, and not out of the kernel. `gone`: no such mount was there. */
export type DetachAnswer = 'detached' | 'gone';

function readDetach(records: readonly ScriptRecord[]): Reading<DetachAnswer> {
  if (only(records, 'gone') !== undefined) return value('gone');
  const deed = deedOf(records);
  if (deed === undefined) return noDeed('umount');
  return deed.code === 0 ? value('detached') : refused('umount', deed);
}

/**
 * Takes one NFS mount below /var/lib/kubelet/pods out of the mount table, lazily. This hides and does not heal: what
 * waits on it goes on waiting, and the kernel keeps its connection (COMMANDS B.4, F; REALITY 4e); 15 s.
 */
export function detachMount(
  node: string,
  mount: Pick<NfsMount, 'path' | 'podUid'>,
): Command<DetachAnswer> {
  return script<DetachAnswer>({
    where: { on: 'node', node },
    id: 'node.detach-mount',
    about: `detach ${mount.path} on ${node}`,
    script: 'node/detach-mount',
    args: [mount.path],
    does: 'mutates',
    scope: `${mount.path} on ${node}`,
    deadlineMs: 15_000,
    read: readDetach,
  });
}
