import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabNode } from './lab-node.ts';

/** The programs that a node or a host has and this machine does not, as scripts in `stand-ins`. */
export type StandIn = 'qm' | 'ha-manager' | 'systemctl' | 'crictl';

/** Puts a stand-in first in the PATH of the node's SSH sessions, under the name of what it stands for. */
export async function addStandIn(node: LabNode, name: StandIn): Promise<void> {
  const file = join(import.meta.dirname, 'stand-ins', `${name}.sh`);
  await node.addCommand(name, await readFile(file, 'utf8'));
}
