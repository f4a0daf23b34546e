import { changeNode, note } from '../change.ts';
import { nodeObject } from '../objects/node.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { World } from '../world.ts';
import { at, opsOf, REJECTED } from './patch.ts';
import { notFound } from './route.ts';
import type { Kubectl, Turn } from './turn.ts';

/** `kubectl patch node NAME --type=json -o json -p …`: a cordon with a test of the UID (COMMANDS D.4, fact 8). */

/** Answers a patch of a node. */
export function patchNode(world: World, line: Kubectl): Turn {
  const [, , name = ''] = line.args;
  const ops = opsOf(line.args);
  const node = world.nodes.find((it) => it.name === name);
  if (ops === undefined || !line.args.includes('--type=json')) {
    return { world, said: unknownCommand(`kubectl ${line.args.join(' ')}`) };
  }
  if (node === undefined) {
    return { world, said: notFound('api/cordon-missing', 'nodes', name) };
  }
  const before = nodeObject(world, node);
  let unschedulable = node.unschedulable;
  for (const { op, path, value } of ops) {
    if (op === 'test') {
      if (JSON.stringify(at(before, path)) !== JSON.stringify(value)) {
        return { world, said: failed('api/cordon-other-node', REJECTED) };
      }
    } else if ((op === 'add' || op === 'replace') && path === '/spec/unschedulable') {
      unschedulable = value === true;
    } else {
      return { world, said: unknownCommand(`kubectl patch: ${op} ${path}`) };
    }
  }
  const after = changeNode(world, name, (it) => ({ ...it, unschedulable }));
  const now = after.nodes.find((it) => it.name === name) ?? node;
  const said = printed('api/cordoned', `${JSON.stringify(nodeObject(after, now))}\n`);
  if (line.args.includes('--dry-run=server')) return { world, said };
  return { world: note(after, unschedulable ? 'cordon' : 'uncordon', name), said };
}
