import { isUp } from './agent-processes.ts';
import { agentOf } from './agents.ts';
import { hex } from './chance.ts';
import type { Stray } from './csi-state.ts';
import type { Node, Pod, World } from './world.ts';

/** containerd's own list of a node: a sandbox for every pod that runs there, and the strays (COMMANDS C.3). */

export interface Sandboxed extends Stray {
  /** The pod that it is the sandbox of, where that runs. */
  readonly pod?: Pod;
}

/** The id of a pod's present sandbox. */
export const sandboxId = (pod: Pod): string => hex(64, 'sandbox', pod.uid, pod.sandbox ?? 0);

/** The UID under which containerd knows a pod: of a static pod it is the hash of its manifest (COMMANDS C.3). */
export const runtimeUid = (pod: Pod): string => pod.configHash ?? pod.uid;

/** A pod gets its sandbox once its volumes are there; one that the kubelet lost has none of its own. */
const hasSandbox = (pod: Pod): boolean =>
  pod.lost === undefined &&
  (pod.stage === 'starting' || pod.stage === 'running' || pod.stage === 'crashing');

const sandboxOf = (pod: Pod): Sandboxed => ({
  id: sandboxId(pod),
  podUid: runtimeUid(pod),
  namespace: pod.namespace,
  name: pod.name,
  attempt: pod.sandbox ?? 0,
  createdAt: pod.sandbox === undefined ? pod.createdAt + 1_400 : pod.since - 1_400,
  ready: true,
  containers: pod.containers,
  undead: false,
  pod,
});

/** Every sandbox of a node, newest first, as crictl lists them. */
export const sandboxesOn = (world: World, node: Node): readonly Sandboxed[] =>
  [
    ...world.pods.filter((pod) => pod.node === node.name && hasSandbox(pod)).map(sandboxOf),
    ...node.strays,
  ].toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));

/** The id of a container, as its control group and the pod's status name it too. */
export const containerId = (podUid: string, container: string): string =>
  hex(64, podUid, container);

/** Whether a container of a sandbox runs, as containerd has it. */
export function containerState(
  node: Node,
  { pod, podUid, ready }: Sandboxed,
  container: string,
): 'RUNNING' | 'EXITED' | 'CREATED' {
  if (pod !== undefined) {
    if (pod.stage === 'starting') return 'CREATED';
    const up = agentOf(pod) === undefined ? pod.stage === 'running' : isUp(pod, container);
    return up ? 'RUNNING' : 'EXITED';
  }
  return ready && node.processes.some((process) => process.podUid === podUid)
    ? 'RUNNING'
    : 'EXITED';
}
