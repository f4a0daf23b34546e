import { between, hex } from '../chance.ts';
import { departed, heldFor } from '../locks.ts';
import type { HeldFile } from '../locks.ts';
import { clientOf } from '../nfs-client.ts';
import type { NfsVersion, Node, World } from '../world.ts';
import type { Records } from './records.ts';

/** The NFS server's own list of its clients: one for each node and minor version (COMMANDS B.8). */

/** Seconds a client may stay silent. */
export const LEASE_S = 90;

/** Versions that have sessions or at least a client of their own; NFSv3 has none. */
const MINORS: readonly (readonly [NfsVersion, number])[] = [
  ['4.2', 2],
  ['4.1', 1],
  ['4.0', 0],
];

/** Since when a client has not been heard, in seconds: a wedged one renews nothing. */
function silentFor(world: World, node: Node, version: NfsVersion): number {
  const client = clientOf(world, node, version);
  if (client.is === 'wedged') return Math.floor((world.at - client.since) / 1000);
  return between(2, 40, world.seed, node.name, version, world.at);
}

function info(
  world: World,
  node: Node,
  version: NfsVersion,
  id: number,
  silent = silentFor(world, node, version),
): Records {
  // Past its lease a client is kept as a courtesy until somebody wants what it holds (lab 12).
  const lapsed = silent > LEASE_S;
  const name = version === '4.0' ? `${node.name}/${node.address}` : node.name;
  return [
    `clientid: 0x${hex(16, world.seed, 'clientid', node.name, version, node.boots, id)}`,
    `address: "${node.address}:${between(700, 1_023, world.seed, 'port', node.name, version)}"`,
    `status: ${lapsed ? 'courtesy' : 'confirmed'}`,
    `seconds from last renew: ${silent}`,
    `name: "Linux NFSv${version} ${name}"`,
    `minor version: ${version.slice(2)}`,
    'Implementation domain: "kernel.org"',
    'Implementation name: "Linux 6.8.0-106-generic #106-Ubuntu SMP PREEMPT_DYNAMIC x86_64"',
    'Implementation time: [0, 0]',
    `callback state: ${lapsed ? 'DOWN' : 'UP'}`,
    `callback address: ${node.address}:0`,
  ].map((line) => ['info', id, line]);
}

const states = (files: readonly HeldFile[], id: number): Records =>
  files.flatMap(({ filename, locked, owner }): Records => {
    const state = (type: 'open' | 'lock', more: string): Records[number] => [
      'state',
      id,
      `- 0x${owner}: { type: ${type}, ${more}superblock: "00:2e:6", filename: "${filename}", owner: "${type} id:" }`,
    ];
    const opened = state('open', 'access: rw, deny: --, ');
    return locked ? [opened, state('lock', '')] : [opened];
  });

/** Whether the server has a client of a node: one that is set up. */
function known(world: World, node: Node, version: NfsVersion): boolean {
  const { is } = clientOf(world, node, version);
  return (
    is === 'ready' || is === 'wedged' || (version === '4.2' && heldFor(world, node).length > 0)
  );
}

/** The client that a node had before it fell: silent since then, and its locks stand until its lease is over. */
function gone(world: World, node: Node, id: number): Records {
  const before = departed(world, node);
  if (before === undefined) return [];
  const silent = Math.floor((world.at - before.since) / 1000);
  return [...info(world, node, '4.2', id, silent), ...states(before.files, id)];
}

/** The client list; a server whose threads are stopped has none. */
export const nfsClients = (world: World): Records => [
  ['lease', LEASE_S],
  ...(world.nfsServer.state === 'stopped' ? [] : world.nodes).flatMap((node, i) => [
    ...MINORS.filter(([version]) => known(world, node, version)).flatMap(([version, minor]) => {
      const id = 3 + 4 * i + (2 - minor);
      return [
        ...info(world, node, version, id),
        ...(version === '4.2' ? states(heldFor(world, node), id) : []),
      ];
    }),
    ...gone(world, node, 6 + 4 * i),
  ]),
];
