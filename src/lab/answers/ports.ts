import { holdersOf } from '../agent-processes.ts';
import { hash } from '../chance.ts';
import type { Port } from '../csi-state.ts';
import { cgroupOf, stateOf, threadCount } from '../objects/process.ts';
import type { Node, Process, World } from '../world.ts';
import { head, records } from './records.ts';
import type { Records, Script } from './records.ts';

/** `node/port-owner`: who listens on a port of a node, by `ss` and, where that names nobody, by threads (COMMANDS C.3). */

const inodeOf = (process: Process, { protocol, port }: Port): number =>
  10_000 + (hash(`${process.pid}:${process.startTicks}:${protocol}:${port}`) % 9_000_000);

/** A zombie shows no descriptor: only its thread in D still has the socket (lab 07). */
function holder(process: Process, protocol: Port['protocol']): Records[number] {
  const state = stateOf(process);
  const hidden = state === 'Z';
  return [
    'holder',
    protocol,
    process.pid,
    hidden ? (process.stuck?.tid ?? process.pid) : process.pid,
    process.startTicks,
    state,
    threadCount(process),
    hidden ? 'no' : 'yes',
    cgroupOf(process),
    process.comm,
  ];
}

function holdings(world: World, node: Node, protocol: Port['protocol'], port: number): Records {
  return holdersOf(world, node, protocol, port).flatMap((process) => [
    ...(process.ports ?? [])
      .filter((it) => it.protocol === protocol && it.port === port)
      .map((it) => ['listen', protocol, `${it.address}:${port}`, inodeOf(process, it)]),
    holder(process, protocol),
  ]);
}

/** Answers `port-owner PORT`. */
export const portOwner: Script = (world, node, [port = '']) => {
  const number = Number(port);
  const lines = (['tcp', 'udp'] as const).flatMap((it) => holdings(world, node, it, number));
  const dead = lines.some(([kind, , , , , state]) => kind === 'holder' && state === 'Z');
  const held = dead ? 'node/port-zombie' : 'node/port-held';
  return records(lines.length === 0 ? 'node/port-free' : held, [
    ...head(node),
    ...lines.filter(([kind]) => kind === 'listen'),
    ...lines.filter(([kind]) => kind === 'holder'),
  ]);
};
