import { changeNode, changePod } from '../change.ts';
import type { Stray } from '../csi-state.ts';
import { containerId, sandboxesOn } from '../sandboxes.ts';
import type { Node, Pod, Process, World } from '../world.ts';
import { kill } from './ending.ts';
import type { Rule, Wanted } from './rule.ts';

/** How sandboxes end: by crictl, or by a kubelet or containerd that was started anew (COMMANDS C.4; DOMAIN 2.1 A2, A3). */

const processesOf = (node: Node | undefined, uid: string): readonly Process[] =>
  (node?.processes ?? []).filter((process) => process.podUid === uid);

/** A thread that no signal ends keeps its process, and with it the ports (COMMANDS B.3). */
const unkillable = (process: Process): boolean => process.stuck?.until.it === 'never';

/** Ends the processes of a pod on a node; what cannot end stays as a zombie. Its volumes are unmounted if all did. */
function end(world: World, name: string, uid: string): World {
  const node = world.nodes.find((it) => it.name === name);
  const held = processesOf(node, uid).filter(unkillable);
  const struck = held.reduce((now, process) => kill(now, name, process.pid), world);
  return changeNode(struck, name, (it) => ({
    ...it,
    processes: it.processes.filter((process) => process.podUid !== uid || unkillable(process)),
    mounts: held.length > 0 ? it.mounts : it.mounts.filter((mount) => mount.podUid !== uid),
  }));
}

/** What crictl makes of a wish, and the world after it. */
export interface Deed {
  readonly world: World;
  readonly code: number;
  readonly says: string;
}

/** Kubelet gives a pod whose sandbox ended a new one, and starts its containers in it. */
function restart(world: World, node: string, pod: Pod): World {
  const vault = world.nodes
    .find((it) => it.name === node)
    ?.processes.find((it) => it.podUid === pod.uid && it.comm === 'vault');
  const wrong = {
    ...world,
    wrongSandbox: [...world.wrongSandbox, `${pod.namespace}/${pod.name} on ${node}`],
  };
  const renewed = changePod(wrong, pod.uid, (it) => ({
    ...it,
    sandbox: (it.sandbox ?? 0) + 1,
    restarts: it.restarts + 1,
    since: world.at,
    ...(pod.hostNetwork === true ? { stage: 'starting' as const } : {}),
  }));
  return vault === undefined ? renewed : kill(renewed, node, vault.pid);
}

const setStray = (world: World, node: string, id: string, how: (it: Stray) => Stray): World =>
  changeNode(world, node, (it) => ({
    ...it,
    strays: it.strays.map((stray) => (stray.id === id ? how(stray) : stray)),
  }));

function refusal(id: string, stray: Stray, why: string): string {
  const container = containerId(stray.podUid, stray.containers[0] ?? '');
  return `stopping the pod sandbox "${id}": rpc error: code = Unknown desc = failed to stop container "${container}": failed to kill container "${container}": ${why}`;
}

/** `crictl stopp ID`. */
export function stopSandbox(world: World, node: Node, id: string): Deed {
  const found = sandboxesOn(world, node).find((it) => it.id === id);
  const done = (after: World): Deed => ({ world: after, code: 0, says: `Stopped sandbox ${id}` });
  if (found === undefined) {
    const says = `stopping the pod sandbox "${id}": rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found`;
    return { world, code: 1, says };
  }
  if (found.pod !== undefined) return done(restart(world, node.name, found.pod));
  if (!found.ready) return done(world);
  if (found.undead) {
    const says = refusal(id, found, 'unable to signal init: permission denied: unknown');
    return { world, code: 1, says };
  }
  const after = end(world, node.name, found.podUid);
  if (processesOf(node, found.podUid).some(unkillable)) {
    return { world: after, code: 1, says: refusal(id, found, 'context deadline exceeded') };
  }
  return done(setStray(after, node.name, id, (it) => ({ ...it, ready: false })));
}

/** `crictl rmp ID`, without `-f`: a sandbox that runs is refused (COMMANDS C.4, from cri-tools). */
export function removeSandbox(world: World, node: Node, id: string): Deed {
  const found = sandboxesOn(world, node).find((it) => it.id === id);
  if (found?.ready === true) {
    const says = `pod sandbox "${id}" is running, please stop it first`;
    return { world, code: 1, says };
  }
  const after = changeNode(world, node.name, (it) => ({
    ...it,
    strays: it.strays.filter((stray) => stray.id !== id),
  }));
  return { world: after, code: 0, says: `Removed sandbox ${id}` };
}

/** Ends a stray sandbox and forgets it; what a thread in D holds stays. */
const collect =
  (node: string, stray: Stray) =>
  (world: World): World => {
    const after = end(world, node, stray.podUid);
    const held = after.nodes.some(
      (it) => it.name === node && processesOf(it, stray.podUid).length > 0,
    );
    return held
      ? after
      : changeNode(after, node, (it) => ({
          ...it,
          strays: it.strays.filter(({ id }) => id !== stray.id),
        }));
  };

/** When the kubelet or containerd of a node was last started: what nobody wants from then on is ended. */
const startedAnew = (node: Node): number =>
  node.bootedAt + Math.max(node.kubeletStart, node.containerdStart) * 10;

/** A kubelet or containerd that was started anew ends the sandboxes of pods that are gone (17 May: within a minute). */
export const collecting: Rule = {
  wants: (world) =>
    world.nodes.flatMap((node): readonly Wanted[] => {
      if (node.power !== 'on' || node.kubelet !== 'running') return [];
      return node.strays
        .filter(
          (stray) =>
            stray.createdAt < startedAnew(node) &&
            !processesOf(node, stray.podUid).some(
              (process) => unkillable(process) && process.killAt !== undefined,
            ),
        )
        .map((stray) => ({
          key: `collect:${node.name}:${stray.id.slice(0, 12)}:${node.kubeletPid}:${node.containerdPid}`,
          after: [12_000, 45_000] as const,
          deed: collect(node.name, stray),
        }));
    }),
};
