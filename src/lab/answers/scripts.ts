import type { Command } from '../../runbook/command.ts';
import type { AnswerId } from '../marks/answers.ts';
import { inWords, noRoute, tooLate } from '../../transport/ssh/dialling.ts';
import type { Said } from '../said.ts';
import { unknownCommand } from '../said.ts';
import { PVE } from '../site.ts';
import type { Node, World } from '../world.ts';
import { nfsClients } from './nfs-clients.ts';
import { newestSnapshots, nfsServer } from './nfs-server.ts';
import { NODE_SCRIPTS } from './node-scripts.ts';
import { power, pveHead, readVm } from './pve.ts';
import { records } from './records.ts';
import { runLock } from './run-lock.ts';
import type { Turn } from './turn.ts';

/** The kept scripts, on a node or on the hypervisor (src/tools, the `.sh` files say what they print). */

/** The hypervisor as a machine of its own (DOMAIN 1). */
const pveIdentity = (world: World): Said =>
  records('pve/identity', [
    ...pveHead(world),
    ['kernel', '6.14.11-4-pve'],
    ['now', Math.floor(world.at / 1000)],
    ['host', PVE],
    ['uuid', '4c4c4544-0038-4a10-8052-b8c04f4b5432'],
  ]);

function onHost(world: World, name: string, args: readonly string[]): Said | Turn | undefined {
  switch (name) {
    case 'node/identity':
      return pveIdentity(world);
    case 'nfs/clients':
      return records('nfs/clients', nfsClients(world));
    case 'nfs/server':
      return records('nfs/server', nfsServer(world));
    case 'pve/vm':
      return readVm(world, args);
    case 'pve/power':
      return power(world, args);
    case 'pve/run-lock':
      return runLock(world, args);
    case 'vault/snapshots':
      return newestSnapshots(world, args[0] ?? '');
    default:
      return undefined;
  }
}

const unreachable = (world: World, by: AnswerId, because: string): Turn => ({
  world,
  said: { by, is: 'refused', why: 'unreachable', because },
});

const turn = (world: World, it: Said | Turn): Turn => ('said' in it ? it : { world, said: it });

/** Why SSH does not get into a node, if it does not: nobody is there, or nobody runs it. */
function shut(
  { power: is, address }: Node,
  deadlineMs: number,
): readonly [AnswerId, string] | undefined {
  const at = { host: address, port: 22, user: 'root', through: undefined };
  switch (is) {
    case 'on':
      return undefined;
    case 'booting':
    case 'off':
      return ['ssh/off', noRoute(inWords(at))];
    case 'paused':
      return ['ssh/frozen', tooLate(at, 'dialling', deadlineMs)];
  }
}

/** Answers a kept script on a node or on the hypervisor. */
export function script(world: World, { where, run, deadlineMs }: Command<unknown>): Turn {
  if (run.kind !== 'script') return { world, said: unknownCommand('not a script') };
  const unknown = unknownCommand(`script ${run.script} on ${where.on}`);
  if (where.on === 'local') return { world, said: unknown };
  if (where.on === 'pve') {
    if (where.host !== PVE)
      return unreachable(world, 'ssh/unknown-machine', `the lab has no machine ${where.host}`);
    return turn(world, onHost(world, run.script, run.args) ?? unknown);
  }
  const node = world.nodes.find((it) => it.name === where.node);
  if (node === undefined)
    return unreachable(world, 'ssh/unknown-machine', `the lab has no machine ${where.node}`);
  const why = shut(node, deadlineMs);
  if (why !== undefined) return unreachable(world, ...why);
  const answer = NODE_SCRIPTS[run.script];
  return turn(world, answer?.(world, node, run.args) ?? unknown);
}
