import type { Site } from '../../../src/runbook/site.ts';
import type { NfsClient, NfsClients } from '../../../src/tools/nfs/clients.ts';

/** A lock on the NFS server, and the node whose client holds it. */
export interface HeldLock {
  readonly filename: string;
  /** `undefined` where the client is no node that we know. */
  readonly node: string | undefined;
  readonly client: NfsClient;
}

/** The node that an NFS client is, by its address or by the first label of its host name (COMMANDS B.8). */
export const nodeOfClient = (site: Site, client: NfsClient): string | undefined =>
  site.nodes.find((n) => n.address === client.address || n.name === client.hostname.split('.')[0])
    ?.name;

/** Every lock that the server knows. */
export const locksOf = (site: Site, { clients }: NfsClients): readonly HeldLock[] =>
  clients.flatMap((client) =>
    client.locks.map(({ filename }) => ({ filename, node: nodeOfClient(site, client), client })),
  );

/** The last part of a volume's path on the server: the directory that a lock's file name begins with. */
export const directoryOf = (nfsPath: string | undefined): string =>
  (nfsPath ?? '').split('/').findLast((part) => part !== '') ?? '';

/**
 * Whether a lock may be on one of these directories. The server names a file by the last parts of its path
 * (`a/vault.db`), so a file in a deeper directory shows no volume: one that names no volume that we know may be on any.
 */
export function mayBeOn(
  lock: HeldLock,
  directories: readonly string[],
  others: readonly string[],
): boolean {
  const parts = lock.filename.split('/');
  return parts.some((it) => directories.includes(it)) || !parts.some((it) => others.includes(it));
}

/** A client that has not been heard of for longer than its lease: the server takes its locks back by itself. */
export const isStale = (client: NfsClient, leaseSeconds: number): boolean =>
  client.status !== 'confirmed' || (client.secondsSinceRenew ?? 0) > leaseSeconds;

/** `k8s-node2 (10.0.20.102), 4.2, confirmed, last heard 4 s ago`. */
export function sayClient({ node, client }: HeldLock): string {
  const since =
    client.secondsSinceRenew === undefined ? '' : `, last heard ${client.secondsSinceRenew} s ago`;
  return `${node ?? 'a client that is no node we know'} (${client.address}), 4.${client.minor}, ${client.status}${since}`;
}
