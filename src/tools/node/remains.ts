import type { Command, Reading } from '../../runbook/command.ts';
import { unparsable, value } from '../../runbook/command.ts';
import { headOf } from './head.ts';
import { parseMount } from './mountinfo.ts';
import type { Mount } from './mountinfo.ts';
import { parseProcess } from './process-record.ts';
import type { Process } from './process-record.ts';
import { script } from './script.ts';
import type { ScriptRecord } from './script.ts';

export type { Mount } from './mountinfo.ts';
export type { Process } from './process-record.ts';

/** What is left of a pod on a node. No process and no mount, asked by root, is the proof that it ended there. */
export interface Remains {
  readonly bootId: string;
  readonly root: boolean;
  readonly processes: readonly Process[];
  readonly mounts: readonly Mount[];
}

function readRemains(records: readonly ScriptRecord[]): Reading<Remains> {
  const head = headOf(records);
  if (head === undefined)
    return unparsable('expected the boot id and the user id of the node first');
  const processes: Process[] = [];
  const mounts: Mount[] = [];
  for (const record of records) {
    if (record.kind === 'proc') {
      const process = parseProcess(record);
      if (process === undefined)
        return unparsable('expected a process with its start and state, and got something else');
      processes.push(process);
    }
    if (record.kind === 'mount') {
      const mount = parseMount(record.rest);
      if (mount === undefined)
        return unparsable('expected a line of mountinfo, and got something else');
      mounts.push(mount);
    }
  }
  return value({ ...head, processes, mounts });
}

/**
 * The processes in a pod's control groups, and the mounts under its directory, on one node; 15 s. The mount table is
 * read, no mount point is touched (COMMANDS B.1, B.4, C.3).
 */
export function remains(node: string, podUid: string): Command<Remains> {
  return script<Remains>({
    where: { on: 'node', node },
    id: 'node.remains',
    about: `look for what is left of pod ${podUid} on ${node}`,
    script: 'node/remains',
    args: [podUid],
    deadlineMs: 15_000,
    read: readRemains,
  });
}
