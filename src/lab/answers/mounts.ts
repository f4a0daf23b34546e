import { changeNode, note } from '../change.ts';
import { isNfs } from '../nfs-client.ts';
import { comesOff } from '../nfs-mount.ts';
import { deviceOf, mountLine } from '../objects/mount.ts';
import { stateOf } from '../objects/process.ts';
import { NFS_SERVER } from '../site.ts';
import type { Mount, Node, World } from '../world.ts';
import { head, records } from './records.ts';
import type { Script } from './records.ts';

/** A node's NFS mounts, and what is done to them (COMMANDS B.4, F). */

/** Where kubelet mounts a pod's volume. */
const pathOf = ({ podUid, volume }: Mount): string =>
  `/var/lib/kubelet/pods/${podUid}/volumes/kubernetes.io~csi/${volume}/mount`;

const nfsMounts = (world: World, node: Node): readonly Mount[] =>
  node.mounts.filter((mount) => isNfs(world, mount.volume));

/** An address as the kernel prints it in its tables: eight hexadecimal digits. */
const hexAddress = (address: string): string =>
  address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('');

/** A line of `/proc/fs/nfsfs/volumes`: all of 4.x print v4, and 801 is 2049 in hexadecimal (COMMANDS B.4). */
const volumeLine = (device: string): string =>
  `v4 ${hexAddress(NFS_SERVER)}  801 ${device.padEnd(12)} 6:0                               no `;

/** Answers `node/nfs-state`. */
export const nfsState: Script = (world, node) => {
  const mounts = nfsMounts(world, node);
  const volumes = [...mounts.map(({ volume }) => volume), ...node.ghosts];
  const devices = new Set(volumes.map((volume) => deviceOf(world, volume)));
  return records('node/nfs-state', [
    ...head(node),
    ...mounts.map((mount, i) => ['mount', mountLine(world, mount, i)]),
    ...[...devices].map((device) => ['volume', volumeLine(device)]),
  ]);
};

/** Whether anything keeps the superblock of a mount that is out of the table: a task of its pod, or a dead client. */
const lingers = (world: World, node: Node, mount: Mount): boolean =>
  !comesOff(world, node, mount) ||
  node.processes.some(
    (process) =>
      process.podUid === mount.podUid && (process.stuck !== undefined || stateOf(process) !== 'S'),
  );

/** Answers `node/detach-mount PATH`: out of the table at once, and out of the kernel only where nothing holds it. */
export const detachMount: Script = (world, node, [path = '']) => {
  const mount = nfsMounts(world, node).find((it) => pathOf(it) === path);
  if (mount === undefined) return records('node/detach-gone', [['gone']]);
  const ghost = lingers(world, node, mount) ? [mount.volume] : [];
  const after = changeNode(world, node.name, (it) => ({
    ...it,
    mounts: it.mounts.filter((other) => other !== mount),
    ghosts: [...it.ghosts, ...ghost],
  }));
  const said = records('node/detached', [
    ['row', mountLine(world, mount, 0)],
    ['exit', 0],
  ]);
  return { world: note(after, 'detach-mount', `${node.name}:${path}`), said };
};

/** Answers `node/remove-directory PATH`: only what is left of a pod that nobody knows is empty. */
export const removeDirectory: Script = (world, node, [path = '']) => {
  const mounted = node.mounts.findIndex((it) => pathOf(it).startsWith(path));
  const mount = node.mounts[mounted];
  if (mount !== undefined) {
    return records('node/directory-mounted', [['mounted', mountLine(world, mount, mounted)]]);
  }
  const uid = /\/pods\/([^/]+)/.exec(path)?.[1];
  if (world.pods.some((pod) => pod.uid === uid)) {
    return records('node/directory-full', [
      ['said', `rmdir: failed to remove '${path}': Directory not empty`],
      ['exit', 1],
    ]);
  }
  const done = note(world, 'remove-directory', `${node.name}:${path}`);
  return { world: done, said: records('node/directory-removed', [['exit', 0]]) };
};
