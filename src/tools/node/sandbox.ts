import type { Command, Reading } from '../../runbook/command.ts';
import { value } from '../../runbook/command.ts';
import { deedOf, noDeed, refused } from './deed.ts';
import { only } from './head.ts';
import type { Sandbox } from './sandboxes.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

/** What is needed of a sandbox to harm that very one: its id, and the pod it was seen to belong to. */
export type SandboxTarget = Pick<Sandbox, 'id' | 'podUid' | 'namespace' | 'name'>;

/**
 * `done`: the runtime did it; whether the port is free is for the effect to tell. `gone`: there is no such sandbox.
 * `other`: it belongs to another pod than was seen, and nothing was done.
 */
export type SandboxAnswer = 'done' | 'gone' | 'other';

function readAnswer(records: readonly ScriptRecord[]): Reading<SandboxAnswer> {
  if (only(records, 'gone') !== undefined) return value('gone');
  if (only(records, 'other') !== undefined) return value('other');
  const deed = deedOf(records);
  if (deed === undefined) return noDeed('crictl');
  if (deed.code === 0) return value('done');
  return /code = NotFound/.test(deed.said) ? value('gone') : refused('crictl', deed);
}

const act = (
  node: string,
  { id, podUid, namespace, name }: SandboxTarget,
  verb: 'stop' | 'remove',
): Command<SandboxAnswer> =>
  script<SandboxAnswer>({
    where: { on: 'node', node },
    id: `node.${verb}-sandbox`,
    about: `${verb} sandbox ${id.slice(0, 12)} (${namespace}/${name}) on ${node}`,
    script: 'node/sandbox',
    args: [verb, id, podUid],
    does: 'mutates',
    scope: `sandbox ${id.slice(0, 12)} on ${node}`,
    deadlineMs: 60_000,
    read: readAnswer,
  });

/**
 * Stops one sandbox, which must still belong to the pod that was seen: the node compares the UID immediately before it
 * (COMMANDS C.4, `crictl stopp`; never `-f`, never `-a`); 60 s.
 */
export const stopSandbox = (node: string, sandbox: SandboxTarget): Command<SandboxAnswer> =>
  act(node, sandbox, 'stop');

/** Removes one stopped sandbox, compared in the same way; the runtime refuses one that still runs (COMMANDS C.4); 60 s. */
export const removeSandbox = (node: string, sandbox: SandboxTarget): Command<SandboxAnswer> =>
  act(node, sandbox, 'remove');
