import type { Command } from '../../runbook/command.ts';
import { between } from '../chance.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { Said } from '../said.ts';
import type { World } from '../world.ts';
import { apiGet } from './api.ts';
import { deleteRaw } from './delete-pod.ts';
import { evict } from './evict.ts';
import { exec } from './exec.ts';
import { patch } from './patch.ts';
import { patchNode } from './patch-node.ts';
import { createLease, isLease, replaceLease } from './run-lease.ts';
import { notFound } from './route.ts';
import { timedOut } from './turn.ts';
import type { Kubectl, Turn } from './turn.ts';

/** kubectl as COMMANDS E describes it: what it prints, on which stream, and how long it waits. */

const CONTEXT = 'lab';

function parse(argv: readonly string[]): Kubectl | { readonly wrong: string } {
  const args: string[] = [];
  let namespace = 'default';
  let timeoutMs = 30_000;
  for (let i = 1; i < argv.length; i += 1) {
    const arg = argv[i] ?? '';
    if (arg === '--') return { namespace, timeoutMs, args: [...args, ...argv.slice(i)] };
    if (arg === '--context' || arg === '--kubeconfig' || arg === '-n' || arg === '--namespace') {
      const given = argv[i + 1] ?? '';
      i += 1;
      if (arg === '--context' && given !== CONTEXT)
        return { wrong: `error: context "${given}" does not exist` };
      if (arg === '-n' || arg === '--namespace') namespace = given;
    } else if (arg.startsWith('--request-timeout=')) {
      timeoutMs = Number.parseInt(arg.slice('--request-timeout='.length), 10) * 1000;
    } else {
      args.push(arg);
    }
  }
  return { namespace, timeoutMs, args };
}

/** An API server that is down: mostly refused, sometimes silent. */
function apiDown(world: World, { timeoutMs, args }: Kubectl): Said {
  return between(0, 2, world.seed, 'api', world.at, args.join(' ')) === 0
    ? timedOut('kubectl/api-dropped', timeoutMs)
    : failed(
        'kubectl/api-refused',
        'The connection to the server 10.0.20.100:6443 was refused - did you specify the right host or port?',
      );
}

/** The only control plane is the API server: while it boots, nobody answers. */
const controlPlaneDown = (world: World): boolean =>
  world.nodes
    .filter((node) => node.controlPlane)
    .every((node) => node.power !== 'on' || node.reportedBootId !== node.bootId);

const nothing = (world: World, said: Said): Turn => ({ world, said });

function secretName(world: World, { namespace, args }: Kubectl): Said {
  const name = args[2] ?? '';
  if (namespace !== 'vault' || !world.secrets.includes(name)) {
    return notFound('api/secret-missing', 'secrets', name);
  }
  return printed('api/secret', `secret/${name}\n`);
}

/** Answers a kubectl command line. */
export function kubectl(world: World, command: Command<unknown>): Turn {
  const argv = command.run.kind === 'argv' ? command.run.argv : [];
  const line = parse(argv);
  if ('wrong' in line) return nothing(world, failed('kubectl/context-missing', line.wrong));
  if (world.api === 'down' || controlPlaneDown(world)) return nothing(world, apiDown(world, line));
  const [verb, what] = line.args;
  const stdin = command.run.kind === 'argv' ? command.run.stdin : undefined;
  if (verb === 'get' && what === '--raw' && line.args.length === 3) {
    return nothing(world, apiGet(world, line, line.args[2] ?? ''));
  }
  if (verb === 'get' && what === 'secret' && line.args.slice(3).join(' ') === '-o name') {
    return nothing(world, secretName(world, line));
  }
  if (verb === 'delete' && what === '--raw' && line.args.slice(3).join(' ') === '-f -') {
    return deleteRaw(world, line.args[2] ?? '', stdin?.kind === 'text' ? stdin.text : '');
  }
  if (verb === 'create' && what === '--raw' && line.args.slice(3).join(' ') === '-f -') {
    const body = stdin?.kind === 'text' ? stdin.text : '';
    const target = line.args[2] ?? '';
    return isLease(target) ? createLease(world, target, body) : evict(world, target, body);
  }
  if (verb === 'replace' && what === '--raw' && line.args.slice(3).join(' ') === '-f -') {
    return replaceLease(world, line.args[2] ?? '', stdin?.kind === 'text' ? stdin.text : '');
  }
  if (verb === 'patch' && what === 'statefulset') return patch(world, line);
  if (verb === 'patch' && what === 'node') return patchNode(world, line);
  if (verb === 'exec') return exec(world, line, stdin);
  return nothing(world, unknownCommand(argv.join(' ')));
}
