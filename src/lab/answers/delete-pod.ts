import { changePod, emit, note } from '../change.ts';
import { podObject } from '../objects/pod.ts';
import { force } from '../rules/force.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { Pod, World } from '../world.ts';
import { notFound } from './route.ts';
import type { Turn } from './turn.ts';

/** `kubectl delete --raw /api/v1/namespaces/NS/pods/NAME -f -`: pinned to a UID (COMMANDS E). */

interface Options {
  readonly preconditions?: { readonly uid?: string };
  readonly gracePeriodSeconds?: number;
}

/** The chart's grace (COMMANDS A.6). */
const DEFAULT_GRACE_S = 10;

function optionsOf(text: string): Options | undefined {
  try {
    return JSON.parse(text) as Options;
  } catch {
    return undefined;
  }
}

const conflict = (pod: Pod, asked: string): string =>
  `Error from server (Conflict): Operation cannot be fulfilled on Pod "${pod.name}": the UID in the precondition (${asked}) does not match the UID in record (${pod.uid}). The object might have been deleted and then recreated`;

/** A graceful delete; a second one can only shorten the grace. */
function graceful(world: World, pod: Pod, graceMs: number): World {
  const stopped = pod.containers.reduce(
    (now, container) => emit(now, pod, 'Normal', 'Killing', `Stopping container ${container}`),
    world,
  );
  return changePod(pod.stage === 'running' ? stopped : world, pod.uid, (it) =>
    it.deletion === undefined
      ? { ...it, deletion: { askedAt: world.at, graceMs } }
      : { ...it, deletion: { ...it.deletion, graceMs: Math.min(it.deletion.graceMs, graceMs) } },
  );
}

/** Answers a delete of a pod. */
export function deleteRaw(world: World, target: string, body: string): Turn {
  const [path = '', search = ''] = target.split('?');
  const match = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)$/.exec(path);
  const options = optionsOf(body);
  if (match === null || options === undefined) {
    return { world, said: unknownCommand(`kubectl delete --raw ${target} -f -`) };
  }
  const [, namespace, name = ''] = match;
  const pod = world.pods.find((it) => it.namespace === namespace && it.name === name);
  if (pod === undefined) return { world, said: notFound('api/delete-missing', 'pods', name) };
  const asked = options.preconditions?.uid;
  if (asked !== undefined && asked !== pod.uid)
    return { world, said: failed('api/delete-other-uid', conflict(pod, asked)) };
  const graceMs = (options.gracePeriodSeconds ?? DEFAULT_GRACE_S) * 1000;
  const forced = graceMs === 0;
  const after = forced ? force(world, pod) : graceful(world, pod, graceMs);
  const shown = after.pods.find((it) => it.uid === pod.uid) ?? {
    ...pod,
    deletion: { askedAt: world.at, graceMs: 0 },
  };
  const said = printed(
    forced ? 'api/delete-forced' : 'api/deleted',
    `${JSON.stringify(podObject(after, shown))}\n`,
  );
  if (new URLSearchParams(search).get('dryRun') === 'All') return { world, said };
  const what = forced ? 'force-delete-pod' : 'delete-pod';
  return { world: note(after, what, `${pod.namespace}/${name}@${pod.uid}`), said };
}
