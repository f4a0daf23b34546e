import { lapsesNow } from './agent-processes.ts';
import { hex } from './chance.ts';
import { directoryOf } from './objects/vault-set.ts';
import type { Mount, Node, Pod, Volume, World } from './world.ts';

/** Files that the NFS server has open and locked for a node, and whom they keep out (COMMANDS 0.10, B.8). */

export interface HeldFile {
  readonly filename: string;
  readonly locked: boolean;
  /** Tells one holder from another. */
  readonly owner: string;
}

interface Kept {
  readonly file: string;
  readonly locked: boolean;
}

/** What a database keeps open on its volume: Vault's bolt files under flock, MySQL's InnoDB (COMMANDS 0.10). */
function filesOf({ namespace, claim }: Volume): readonly Kept[] {
  if (namespace === 'dbaas') return [{ file: 'ibdata1', locked: true }];
  if (namespace !== 'vault') return [];
  return claim.startsWith('data-')
    ? [
        { file: 'vault.db', locked: true },
        { file: 'raft/raft.db', locked: true },
      ]
    : [{ file: 'vault-audit.log', locked: false }];
}

/** The processes that keep files open, by name. */
const KEEPERS: readonly string[] = ['vault', 'mysqld'];

const keeps = (node: Node, { podUid }: Mount): boolean =>
  node.processes.some((it) => it.podUid === podUid && KEEPERS.includes(it.comm));

const heldFiles = (volume: Volume, by: string): readonly HeldFile[] =>
  volume.backend === 'nfs'
    ? filesOf(volume).map(({ file, locked }) => ({
        filename: `${directoryOf(volume)}/${file}`,
        locked,
        owner: hex(32, by, file),
      }))
    : [];

const named = (world: World, name: string): readonly Volume[] =>
  world.volumes.filter((volume) => volume.name === name);

/** What the server holds for a node's client, for processes that run there. */
export const heldFor = (world: World, node: Node): readonly HeldFile[] =>
  node.mounts
    .filter((mount) => keeps(node, mount))
    .flatMap((mount) => named(world, mount.volume).flatMap((it) => heldFiles(it, mount.podUid)));

/** A client that went without a word, and what the server still holds for it. */
export interface Departed {
  readonly since: number;
  readonly files: readonly HeldFile[];
}

/** The client that a node had before it fell, for as long as the server waits for it. */
export function departed(world: World, node: Node): Departed | undefined {
  const lapses = lapsesNow(world).filter((it) => it.node === node.name);
  const [first] = lapses;
  return first === undefined
    ? undefined
    : {
        since: first.until - LEASE_MS,
        files: lapses.flatMap((lapse) =>
          named(world, lapse.volume).flatMap((it) => heldFiles(it, lapse.node)),
        ),
      };
}

/** How long the server keeps the locks of a client that went without a word. */
const LEASE_MS = 90_000;

/** A client that is silent past its lease is kept as a courtesy: its locks go to the first who asks for them. */
const courtesy = (world: World, node: Node): boolean => {
  const client = node.nfs['4.2'];
  return client?.is === 'wedged' && world.at - client.since > LEASE_MS;
};

/** The volume of a pod whose files another holder has locked: that pod cannot open its database. */
export const lockedOut = (world: World, pod: Pod): Volume | undefined =>
  world.volumes.find(
    (volume) =>
      volume.backend === 'nfs' &&
      volume.namespace === pod.namespace &&
      pod.claims.includes(volume.claim) &&
      filesOf(volume).some(({ locked }) => locked) &&
      (lapsesNow(world).some((it) => it.volume === volume.name) ||
        world.nodes.some(
          (node) =>
            !courtesy(world, node) &&
            node.mounts.some(
              (mount) =>
                mount.volume === volume.name && mount.podUid !== pod.uid && keeps(node, mount),
            ),
        )),
  );

/** The locks of a node that is switched off or reset now: they stand until its lease is over. */
export const lapsing = (world: World, node: Node): World => ({
  ...world,
  lapses: [
    ...lapsesNow(world),
    ...node.mounts
      .filter(
        (mount) =>
          keeps(node, mount) &&
          world.volumes.some((it) => it.name === mount.volume && it.backend === 'nfs'),
      )
      .map(({ volume }) => ({ node: node.name, volume, until: world.at + LEASE_MS })),
  ],
});
