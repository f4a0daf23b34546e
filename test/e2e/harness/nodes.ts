import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DISK_FOLDERS, LabNode } from './lab-node.ts';
import type { Network } from './network.ts';
import { layNfs } from './nfs-lens.ts';
import { makeKey, type SshClientFiles, type SshHost, writeClientFiles } from './ssh-material.ts';
import type { Undo } from './undo.ts';

/** Running nodes, and the files with which a client logs in to them as root. */
export interface LabNodes {
  readonly nodes: readonly LabNode[];
  readonly ssh: SshClientFiles;
  /** The nodes as an SSH client knows them. */
  readonly hosts: readonly SshHost[];
  /** The node of this name; throws when there is none. */
  get(name: string): LabNode;
}

/** What a node is besides a host. */
export interface Machine {
  /** The SMBIOS UUID of a virtual machine. */
  readonly uuid?: string;
  /** It mounts NFS, as far as the product can see (`nfs-lens.ts`). */
  readonly nfs?: boolean;
  /** Only this other node, named before it, can reach its address. */
  readonly behind?: string;
}

/** Starts node hosts with one sshd each; closing `undo` removes them. */
export async function startNodes(
  undo: Undo,
  network: Network,
  names: readonly string[],
  machines: Readonly<Record<string, Machine>> = {},
): Promise<LabNodes> {
  const folder = await undo.folder();
  const identity = await makeKey(join(folder, 'id_ed25519'), 'sre-e2e-client');
  const nodes: LabNode[] = [];
  for (const name of names) {
    const disk = join(folder, name);
    for (const part of DISK_FOLDERS) await mkdir(join(disk, part), { recursive: true });
    await makeKey(join(disk, 'host_key'), name);
    await copyFile(`${identity}.pub`, join(disk, 'authorized_keys'));
    const { uuid, nfs, behind } = machines[name] ?? {};
    if (uuid !== undefined) await writeFile(join(disk, 'smbios'), `${uuid}\n`);
    if (nfs === true) await layNfs(disk);
    const jump = nodes.find((it) => it.name === behind)?.network;
    nodes.push(new LabNode(undo, name, await network.addNode(name, jump), disk));
  }
  await Promise.all(nodes.map((node) => node.powerOn()));
  const hosts = nodes.map(({ name, address }) => {
    return { name, address, hostKey: join(folder, name, 'host_key') };
  });
  return {
    nodes,
    hosts,
    ssh: await writeClientFiles(folder, identity, hosts),
    get: (name) => {
      const found = nodes.find((node) => node.name === name);
      if (found === undefined) throw new Error(`no node ${name}`);
      return found;
    },
  };
}
