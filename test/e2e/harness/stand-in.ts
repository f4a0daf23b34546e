import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabNode } from './lab-node.ts';

/** The programs that a node or a host has and this machine does not, as scripts in `stand-ins`. */
export type StandIn =
  | 'qm'
  | 'ha-manager'
  | 'systemctl'
  | 'crictl'
  | 'mount'
  | 'umount'
  | 'nfs-table';

/** Puts a stand-in first in the PATH of the node's SSH sessions, under the name of what it stands for. */
export async function addStandIn(node: LabNode, name: StandIn): Promise<void> {
  await node.addCommand(name, await textOf(name));
}

/** The same in the folder of programs of a node that is off. */
export async function writeStandIn(folder: string, name: StandIn): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, await textOf(name));
  await chmod(file, 0o755);
}

const textOf = (name: StandIn): Promise<string> =>
  readFile(join(import.meta.dirname, 'stand-ins', `${name}.sh`), 'utf8');
