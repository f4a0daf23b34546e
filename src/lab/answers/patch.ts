import { note } from '../change.ts';
import { statefulSetObject } from '../objects/vault-set.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { World } from '../world.ts';
import { notFound } from './route.ts';
import type { Kubectl, Turn } from './turn.ts';

/** `kubectl patch statefulset vault --type=json -o json -p …` with `test` and `add` (COMMANDS A.6). */

/** An operation of a JSON patch (RFC 6902). */
export interface Op {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

const CONTEXT = '/spec/template/spec/securityContext';

/** The operations of `-p`; `undefined` where they are none. */
export function opsOf(args: readonly string[]): readonly Op[] | undefined {
  try {
    const parsed: unknown = JSON.parse(args[args.indexOf('-p') + 1] ?? '');
    return Array.isArray(parsed) ? (parsed as readonly Op[]) : undefined;
  } catch {
    return undefined;
  }
}

/** What stands at a JSON pointer. */
export const at = (object: unknown, path: string): unknown =>
  path
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (it, key) =>
        typeof it === 'object' && it !== null ? (it as Record<string, unknown>)[key] : undefined,
      object,
    );

/** kubectl's words where a `test` does not hold. */
export const REJECTED =
  'The request is invalid: the server rejected our request due to an error in our request';

/** Answers a patch of the StatefulSet. */
export function patch(world: World, line: Kubectl): Turn {
  const [, , name = ''] = line.args;
  const ops = opsOf(line.args);
  if (ops === undefined || !line.args.includes('--type=json')) {
    return { world, said: unknownCommand(`kubectl ${line.args.join(' ')}`) };
  }
  if (line.namespace !== 'vault' || name !== 'vault') {
    return {
      world,
      said: notFound('api/patch-missing', 'statefulsets.apps', name),
    };
  }
  const before = statefulSetObject(world);
  let policy = world.template.fsGroupChangePolicy;
  for (const { op, path, value } of ops) {
    if (op === 'test') {
      if (JSON.stringify(at(before, path)) !== JSON.stringify(value))
        return { world, said: failed('api/patch-test-fails', REJECTED) };
    } else if ((op === 'add' || op === 'replace') && path === `${CONTEXT}/fsGroupChangePolicy`) {
      policy = String(value);
    } else {
      return { world, said: unknownCommand(`kubectl patch: ${op} ${path}`) };
    }
  }
  const changed = policy !== world.template.fsGroupChangePolicy;
  const { fsGroup, generation } = world.template;
  const after: World = {
    ...world,
    template: {
      fsGroup,
      ...(policy === undefined ? {} : { fsGroupChangePolicy: policy }),
      generation: generation + (changed ? 1 : 0),
    },
  };
  const said = printed('api/patched', `${JSON.stringify(statefulSetObject(after))}\n`);
  if (line.args.includes('--dry-run=server')) return { world, said };
  return { world: note(after, 'patch-statefulset', 'vault/vault'), said };
}
