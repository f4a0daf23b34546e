import { changePod, emit, note } from '../change.ts';
import { countedNow, covers } from '../objects/budget.ts';
import { podReady } from '../objects/pod.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { Pod, World } from '../world.ts';
import { notFound } from './route.ts';
import type { Turn } from './turn.ts';

/** `kubectl create --raw …/pods/NAME/eviction -f -`: a delete that asks the budgets first (COMMANDS D.4, E). */

interface Options {
  readonly preconditions?: { readonly uid?: string };
  readonly gracePeriodSeconds?: number;
}

const DEFAULT_GRACE_S = 30;

function optionsOf(text: string): Options | undefined {
  try {
    const body = JSON.parse(text) as { kind?: string; deleteOptions?: Options };
    return body.kind === 'Eviction' ? (body.deleteOptions ?? {}) : undefined;
  } catch {
    return undefined;
  }
}

const conflict = (pod: Pod, asked: string): string =>
  `Error from server (Conflict): Operation cannot be fulfilled on Pod "${pod.name}": the UID in the precondition (${asked}) does not match the UID in record (${pod.uid}). The object might have been deleted and then recreated`;

const BLOCKED =
  "Error from server (TooManyRequests): Cannot evict pod as it would violate the pod's disruption budget.";

/**
 * Whether a budget stands against it: a pod that does not run yet, or is on its way out, takes nothing away, and neither
 * does one that is not ready while the others are enough (policy/v1, IfHealthyBudget).
 */
function blocked(world: World, pod: Pod): boolean {
  if (pod.stage === 'mounting' || pod.stage === 'starting' || pod.deletion !== undefined) {
    return false;
  }
  return world.budgets
    .filter((budget) => covers(budget, pod))
    .map((budget) => countedNow(world, budget))
    .some(({ disruptionsAllowed, currentHealthy, desiredHealthy }) =>
      podReady(world, pod) ? disruptionsAllowed < 1 : currentHealthy < desiredHealthy,
    );
}

function leaves(world: World, pod: Pod, graceMs: number): World {
  if (pod.deletion !== undefined) return world;
  const stopped = pod.containers.reduce(
    (now, container) => emit(now, pod, 'Normal', 'Killing', `Stopping container ${container}`),
    world,
  );
  return changePod(stopped, pod.uid, (it) => ({
    ...it,
    deletion: { askedAt: world.at, graceMs },
  }));
}

/** Answers an eviction. */
export function evict(world: World, target: string, body: string): Turn {
  const match = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/eviction$/.exec(target);
  const options = optionsOf(body);
  if (match === null || options === undefined) {
    return { world, said: unknownCommand(`kubectl create --raw ${target} -f -`) };
  }
  const [, namespace, name = ''] = match;
  const pod = world.pods.find((it) => it.namespace === namespace && it.name === name);
  if (pod === undefined) {
    return { world, said: notFound('api/evict-missing', 'pods', name) };
  }
  const asked = options.preconditions?.uid;
  if (asked !== undefined && asked !== pod.uid) {
    return { world, said: failed('api/evict-other-uid', conflict(pod, asked)) };
  }
  if (blocked(world, pod)) return { world, said: failed('api/evict-blocked', BLOCKED) };
  const graceMs = (options.gracePeriodSeconds ?? DEFAULT_GRACE_S) * 1000;
  const after = note(
    leaves(world, pod, graceMs),
    'evict-pod',
    `${pod.namespace}/${pod.name}@${pod.uid}`,
  );
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return { world: after, said: printed('api/evicted', `${JSON.stringify(status)}\n`) };
}
