import type { Command } from '../../runbook/command.ts';
import { between } from '../chance.ts';
import { unknownCommand } from '../said.ts';
import type { World } from '../world.ts';
import { curl } from './curl.ts';
import type { Turn } from './turn.ts';
import { kubectl } from './kubectl.ts';
import { isLease } from './run-lease.ts';
import { script } from './scripts.ts';

/** The argv boundary: everything the tool can run beside the operator, on a node or on a host. */

/** A run's id (ULID): in the marks of canaries. It differs from run to run, and must not change what happens. */
const RUN_ID = /\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g;

/** What is written into a lock names the person and the machine: it must not change what happens either. */
function withoutOwner(run: Command<unknown>['run']): unknown {
  if (run.kind === 'script') {
    return run.script === 'pve/run-lock' ? { ...run, args: run.args.slice(0, 1) } : run;
  }
  return run.argv.some(isLease) ? { kind: run.kind, argv: run.argv } : run;
}

/** One line that tells commands apart: the same place, the same words. */
export const lineOf = ({ where, run }: Command<unknown>): string =>
  JSON.stringify([where, withoutOwner(run)]).replaceAll(RUN_ID, 'RUN');

/** How long the way there and back takes: kubectl 80–200 ms, SSH 60–150 ms. */
export function latencyMs(world: World, command: Command<unknown>): number {
  const about = [world.seed, lineOf(command), world.at] as const;
  return command.where.on === 'local' ? between(80, 200, ...about) : between(60, 150, ...about);
}

/** What a command does to the world at this moment, and what it answers. */
export function answer(world: World, command: Command<unknown>): Turn {
  if (command.run.kind === 'script') return script(world, command);
  const [program] = command.run.argv;
  if (command.where.on === 'local' && program === 'kubectl') return kubectl(world, command);
  if (command.where.on === 'local' && program === 'curl')
    return { world, said: curl(world, command) };
  return { world, said: unknownCommand(command.run.argv.join(' ')) };
}
