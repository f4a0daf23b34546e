import type { ClientFault, Mount, NfsVersion, Node, World } from './world.ts';

/** A node's kernel NFS clients, one per protocol version, and what becomes of a new mount (COMMANDS B.7). */

/** What mounts use where nobody says: `nfsvers=4` and no version at all negotiate it (COMMANDS B.4). */
export const USUAL: NfsVersion = '4.2';

/** The version of a mount on NFS. */
export const versionOf = (mount: Mount): NfsVersion => mount.version ?? USUAL;

/** Whether a volume is on NFS. */
export const isNfs = (world: World, volume: string): boolean =>
  world.volumes.some((it) => it.name === volume && it.backend === 'nfs');

/** The kernel's client of one version. */
export type Client = { readonly is: 'absent' } | { readonly is: 'ready' } | ClientFault;

/** How a node's client of one version is: its fault, else ready where something is mounted with that version. */
export function clientOf(world: World, node: Node, version: NfsVersion): Client {
  const used = node.mounts.some(
    (mount) => isNfs(world, mount.volume) && versionOf(mount) === version,
  );
  return node.nfs[version] ?? { is: used ? 'ready' : 'absent' };
}

/** The process that sets a client up and waits: everyone who needs a new one waits behind it (COMMANDS B.7, case P). */
export const initiator = (node: Node): number | undefined =>
  Object.values(node.nfs)
    .map((fault) => (fault.is === 'initialising' ? fault.by : undefined))
    .find((pid) => pid !== undefined);

/**
 * Why a new mount of that version would wait for ever on this node, whatever the server does: its own client is
 * wedged, or another's set-up is before it in the list. A ready client of the same version is found first (lab 10).
 */
export function blockedBy(
  world: World,
  node: Node,
  version: NfsVersion,
): 'wedged' | 'initialising' | undefined {
  const client = clientOf(world, node, version);
  if (client.is === 'wedged') return 'wedged';
  if (client.is === 'ready') return undefined;
  return initiator(node) === undefined ? undefined : 'initialising';
}

/** Whether some client of the node is at fault. */
export const sick = (node: Node): boolean => Object.keys(node.nfs).length > 0;
