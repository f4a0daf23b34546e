import type { Observation } from '../../../src/runbook/observation.ts';
import { contestedPort } from '../../../src/tools/csi/ports.ts';
import { registration } from '../../../src/tools/csi/registered.ts';
import type { CsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { Patient } from '../facts.ts';
import { noRoute } from './crash.ts';
import { sayPod } from './pods.ts';

/** The deleted pod's successor, in one look. */
export interface ArrivalLook {
  readonly pods: Observation<readonly Pod[]>;
  /** Absent for controllers and speakers: they register nothing. */
  readonly csiNode: Observation<CsiNode | undefined> | undefined;
}

/** A look, and when it was taken: milliseconds since 1970, UTC. */
export interface Taken {
  readonly at: number;
  readonly seen: ArrivalLook;
}

export type Arrival =
  | { readonly is: 'coming'; readonly because: string }
  /** It cannot bind a port either. */
  | { readonly is: 'contested'; readonly pod: Pod; readonly because: string }
  /** It finds no way to the API server. */
  | { readonly is: 'no-route'; readonly because: string }
  | { readonly is: 'steady'; readonly pod: Pod; readonly because: string };

/** How long it must stay up before it counts: no restart for 60 s (DOMAIN 2.1, A1). */
const STEADY_MS = 60_000;
/** Nothing is concluded earlier than this, so that two deletions are never close together (DOMAIN 2.0: five a minute). */
const HASTE_MS = 15_000;

/** The successor: a pod that was not there when the old one was chosen, on the same node where each node has its own. */
export const successor = (patient: Patient, pods: readonly Pod[]): Pod | undefined =>
  pods
    .filter(
      (p) =>
        !patient.known.includes(p.uid) &&
        p.deletionTimestamp === undefined &&
        (patient.kind === 'controller' || p.node === patient.node),
    )
    .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))[0];

interface Up {
  readonly up: boolean;
  readonly pod: Pod | undefined;
  readonly because: string;
}

/** Whether the successor is up in this look: ready, and for the driver registered (COMMANDS C.2). */
export function isUp(driver: string, patient: Patient, seen: ArrivalLook): Up {
  if (!seen.pods.ok) {
    return { up: false, pod: undefined, because: `the pods could not be read: ${seen.pods.says}` };
  }
  const pod = successor(patient, seen.pods.value);
  if (pod === undefined) return { up: false, pod, because: 'its successor is not there yet' };
  if (patient.kind !== 'driver') {
    return { up: pod.ready, pod, because: pod.ready ? `${pod.name} is ready` : sayPod(pod) };
  }
  if (seen.csiNode?.ok !== true) {
    const says = seen.csiNode?.says ?? 'not asked';
    return { up: false, pod, because: `the registered drivers could not be read: ${says}` };
  }
  const word = registration(driver, seen.csiNode.value, pod);
  return word.is === 'registered'
    ? { up: true, pod, because: `${pod.name} is ready and ${driver} is registered` }
    : { up: false, pod, because: `${word.why}; ${sayPod(pod)}` };
}

const restarts = (pod: Pod): number => pod.containers.reduce((sum, c) => sum + c.restarts, 0);

/** Whether the new pod is up and has stayed so, without a restart, for a minute (COMMANDS C.2, DOMAIN 2.1 A1). */
export function readArrival(driver: string, patient: Patient, looks: readonly Taken[]): Arrival {
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) {
    return { is: 'coming', because: 'nothing was looked at yet' };
  }
  const now = isUp(driver, patient, last.seen);
  const { pod } = now;
  if (pod === undefined) return { is: 'coming', because: now.because };
  const port = now.up ? undefined : contestedPort(pod);
  if (port !== undefined && restarts(pod) > 0 && last.at - first.at >= HASTE_MS) {
    return {
      is: 'contested',
      pod,
      because: `${pod.name} cannot bind port ${port.port} either; ${sayPod(pod)}`,
    };
  }
  if (!now.up) {
    const words = pod.containers.map((c) => noRoute(c.lastTermination?.message ?? ''));
    const route = words.find((it) => it !== undefined);
    return route !== undefined && last.at - first.at >= STEADY_MS
      ? { is: 'no-route', because: `${pod.name} cannot reach the API server: ${route}` }
      : { is: 'coming', because: now.because };
  }
  const calm = looks.findLastIndex(({ seen }) => {
    const then = isUp(driver, patient, seen);
    return !then.up || then.pod?.uid !== pod.uid || restarts(then.pod) !== restarts(pod);
  });
  const since = looks[calm + 1]?.at ?? last.at;
  const seconds = Math.round((last.at - since) / 1000);
  return last.at - since >= STEADY_MS
    ? { is: 'steady', pod, because: `${now.because}, and without a restart for ${seconds} s` }
    : { is: 'coming', because: `${now.because} for ${seconds} s of ${STEADY_MS / 1000} s` };
}
