import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';
import { writeStandIn } from './stand-in.ts';

/*
 * Namespaces share the kernel's NFS client, and the kernel of the machine may have none. So a node gets a lens: SSH
 * sessions have SRE_PROC_ROOT set, which the scripts know for tests, to the real /proc with one file exchanged:
 * self/mountinfo, which is the real one with file systems of SERVER:/EXPORT called NFS. Real: every mount, its row, its
 * path, its device, and what unmounts it. Assumed: type, version and options in the row.
 */

/** A version as the product asks for it; `default` is none. */
export type MountVersion = 'default' | '4.2' | '4.1' | '4.0' | '3';

/** What becomes of a mount. */
export type MountFate = 'mounts' | 'hangs' | 'refused';

/** Prepares the disk of a node that is off. */
export async function layNfs(disk: string): Promise<void> {
  for (const name of ['mount', 'umount', 'nfs-table'] as const) {
    await writeStandIn(join(disk, 'bin'), name);
  }
  await writeFile(join(disk, 'nfs'), '');
}

/** Decides what becomes of new mounts until the next boot, which mends everything. */
export async function setMounts(
  node: LabNode,
  fates: Readonly<Partial<Record<MountVersion, MountFate>>>,
): Promise<void> {
  for (const [version, fate] of Object.entries(fates)) {
    await node.write(`${NODE_FOLDER}/nfs/${version}`, `${fate}\n`);
  }
}

/** Shows the scripts what the suite itself has mounted or unmounted. */
export async function refreshTable(node: LabNode): Promise<void> {
  await node.run(`[ ! -d ${NODE_FOLDER}/proc ] || ${NODE_FOLDER}/bin/nfs-table`);
}
