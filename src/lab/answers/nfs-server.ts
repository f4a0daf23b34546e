import { between, hex } from '../chance.ts';
import { heldFor } from '../locks.ts';
import { SNAPSHOTS } from '../site.ts';
import { START } from '../start.ts';
import type { Node, World } from '../world.ts';

/** What the NFS server knows: its clients with their locks, and the snapshots (COMMANDS B.8; DOMAIN 1). */

type Lines = readonly (readonly (string | number)[])[];

/** Seconds a client may stay silent. */
const LEASE_S = 90;

/** A node whose client is wedged no longer renews: past its lease the server keeps it as a courtesy. */
const lapsed = (world: World, node: Node): boolean => {
  const client = node.nfs['4.2'];
  return client?.is === 'wedged' && world.at - client.since > LEASE_S * 1000;
};

function info(world: World, node: Node, id: number): Lines {
  const silent = lapsed(world, node)
    ? between(400, 560, world.seed, node.name)
    : between(2, 40, world.seed, node.name, world.at);
  return [
    `clientid: 0x${hex(16, world.seed, 'clientid', node.name)}`,
    `address: "${node.address}:${between(700, 1_023, world.seed, 'port', node.name)}"`,
    `status: ${lapsed(world, node) ? 'courtesy' : 'confirmed'}`,
    `seconds from last renew: ${silent}`,
    `name: "Linux NFSv4.2 ${node.name}"`,
    'minor version: 2',
    'Implementation domain: "kernel.org"',
    'Implementation name: "Linux 6.8.0-106-generic #106-Ubuntu SMP PREEMPT_DYNAMIC x86_64"',
    'Implementation time: [0, 0]',
    `callback state: ${lapsed(world, node) ? 'DOWN' : 'UP'}`,
    `callback address: ${node.address}:0`,
  ].map((line) => ['info', id, line]);
}

const states = (world: World, node: Node, id: number): Lines =>
  heldFor(world, node).flatMap(({ filename, locked, owner }): Lines => {
    const state = (type: 'open' | 'lock', more: string): Lines[number] => [
      'state',
      id,
      `- 0x${owner}: { type: ${type}, ${more}superblock: "00:2e:6", filename: "${filename}", owner: "${type} id:" }`,
    ];
    const opened = state('open', 'access: rw, deny: --, ');
    return locked ? [opened, state('lock', '')] : [opened];
  });

/** The server's client list: every worker has NFS mounts of other people's pods. */
export const nfsClients = (world: World): Lines => [
  ['lease', LEASE_S],
  ...world.nodes
    .filter((node) => !node.controlPlane)
    .flatMap((node, i) => [...info(world, node, 3 + 2 * i), ...states(world, node, 3 + 2 * i)]),
];

/** The weekly snapshots: Sundays at 02:00 (DOMAIN 1, backups). */
export function newestSnapshots(world: World, directory: string): Lines {
  if (directory !== SNAPSHOTS) return [['absent', directory]];
  const sunday = Date.UTC(2026, 3, 19, 2, 0, 7);
  return [0, 1, 2, 3].map((week) => {
    const at = sunday - week * 7 * 86_400_000;
    const name = new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    const bytes = 1_548_000 - week * 9_000 + between(0, 8_000, world.seed, week, START);
    return ['snapshot', `vault-raft-${name}.db`, bytes, Math.floor(at / 1000)];
  });
}
