import type { Command, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import { deedOf, noDeed, refused } from './deed.ts';
import { only } from './head.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';
import type { UnitName } from './unit.ts';

/**
 * `asked`: systemd took the order; that the main process changed is for the effect to tell. `other`: another main process
 * than was seen is there already, and nothing was done.
 */
export type RestartAnswer = 'asked' | 'other';

function readRestart(records: readonly ScriptRecord[]): Reading<RestartAnswer> {
  if (only(records, 'other') !== undefined) return value('other');
  const deed = deedOf(records);
  if (deed === undefined) return noDeed('systemctl');
  return deed.code === 0 ? value('asked') : refused('systemctl', deed);
}

/**
 * Asks systemd to restart a service whose main process still is the one that was seen, and does not wait for it: a
 * kubelet in D would be waited for without end (COMMANDS B.3, `--no-block`); 15 s.
 */
export function restartUnit(
  node: string,
  name: UnitName,
  mainPid: number | undefined,
): Command<RestartAnswer> {
  return script<RestartAnswer>({
    where: { on: 'node', node },
    id: 'node.restart-unit',
    about: `restart ${name} on ${node}`,
    script: 'node/restart-unit',
    args: [name, String(mainPid ?? 0)],
    does: 'mutates',
    scope: `${name} on ${node}`,
    deadlineMs: 15_000,
    read: readRestart,
  });
}
