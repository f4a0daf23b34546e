import type { Command } from '../../runbook/command.ts';
import { uuid } from '../chance.ts';
import type { Said } from '../said.ts';
import { unknownCommand } from '../said.ts';
import { PVE } from '../site.ts';
import type { World } from '../world.ts';
import { nfsClients, newestSnapshots } from './nfs-server.ts';
import { NODE_SCRIPTS } from './node-scripts.ts';
import { records } from './records.ts';
import type { Turn } from './turn.ts';

/** The kept scripts, on a node or on the hypervisor (src/tools, the `.sh` files say what they print). */

/** The hypervisor as a machine of its own (DOMAIN 1). */
const pveIdentity = (world: World): Said =>
  records([
    ['boot', uuid(world.seed, 'boot', PVE)],
    ['uid', 0],
    ['kernel', '6.14.11-4-pve'],
    ['now', Math.floor(world.at / 1000)],
    ['host', PVE],
    ['uuid', '4c4c4544-0038-4a10-8052-b8c04f4b5432'],
  ]);

function onHost(world: World, name: string, args: readonly string[]): Said | undefined {
  switch (name) {
    case 'node/identity':
      return pveIdentity(world);
    case 'nfs/clients':
      return records(nfsClients(world));
    case 'vault/snapshots':
      return records(newestSnapshots(world, args[0] ?? ''));
    default:
      return undefined;
  }
}

const unreachable = (world: World, machine: string): Turn => ({
  world,
  said: { is: 'refused', why: 'unreachable', because: `the lab has no machine ${machine}` },
});

/** Answers a kept script on a node or on the hypervisor. */
export function script(world: World, { where, run }: Command<unknown>): Turn {
  if (run.kind !== 'script') return { world, said: unknownCommand('not a script') };
  const unknown = unknownCommand(`script ${run.script} on ${where.on}`);
  if (where.on === 'local') return { world, said: unknown };
  if (where.on === 'pve') {
    if (where.host !== PVE) return unreachable(world, where.host);
    return { world, said: onHost(world, run.script, run.args) ?? unknown };
  }
  const node = world.nodes.find((it) => it.name === where.node);
  if (node === undefined) return unreachable(world, where.node);
  const answer = NODE_SCRIPTS[run.script];
  if (answer === undefined) return { world, said: unknown };
  const turn = answer(world, node, run.args);
  return 'said' in turn ? turn : { world, said: turn };
}
