import type { Site } from '../../../src/runbook/site.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { Kind, Patient } from '../facts.ts';
import type { Known } from './nodes.ts';
import { few, patientOf, sayPod } from './pods.ts';

/** How the controllers or the speakers stand: all well, one of them to repair, or two that stand in each other's way. */
export type Peers =
  | { readonly is: 'well'; readonly because: string }
  | { readonly is: 'coming'; readonly because: string }
  /** There is none where the site expects some, or all of them are on their way out. */
  | { readonly is: 'absent'; readonly because: string }
  /** One has no node to run on. */
  | { readonly is: 'unplaced'; readonly because: string }
  | { readonly is: 'co-located'; readonly because: string }
  | { readonly is: 'ill'; readonly patient: Patient; readonly because: string };

/** How long a new pod has to become ready, in milliseconds. */
const YOUNG_MS = 120_000;

const controllersOf = ({ csi: { namespace, controllerSelector } }: Site) => ({
  namespace,
  selector: controllerSelector,
});

/** Whether a pod keeps ending: one that only just came up is not well because it is up at this moment. */
const crashes = (pod: Pod): boolean =>
  pod.containers.some((c) => !c.ready && (c.restarts > 0 || c.reason === 'CrashLoopBackOff'));

/**
 * Picks the pod that is repaired next. Two pods of one Deployment on one node want the same port of it (17 May): that is
 * mended by replicas and affinity, and no deletion helps (COMMANDS C.3, end).
 */
export function peers(
  site: Site,
  kind: Extract<Kind, 'controller' | 'speaker'>,
  it: Known,
  now: number,
): Peers {
  const pods = kind === 'controller' ? it.controllers : it.speakers;
  const staying = pods.filter((p) => p.deletionTimestamp === undefined && p.node !== undefined);
  const ill = staying.filter((p) => !p.ready);
  const where = kind === 'controller' ? controllersOf(site) : site.speakers;
  if (where === undefined) return { is: 'well', because: `the inventory names no ${kind}s` };
  if (pods.length === 0) {
    return {
      is: 'absent',
      because: `no ${kind} was found by selector ${where.selector} in ${where.namespace}: either the selector in sre.yaml is wrong, or none exists`,
    };
  }
  const shared = ill.find((p) => staying.some((o) => o.uid !== p.uid && o.node === p.node));
  if (kind === 'controller' && shared !== undefined && crashes(shared)) {
    const on = staying.filter((p) => p.node === shared.node);
    return {
      is: 'co-located',
      because: `${on.map((p) => p.name).join(' and ')} run on ${shared.node ?? 'one node'} and want the same port; ${sayPod(shared)}`,
    };
  }
  const old = ill.filter((p) => crashes(p) || now - Date.parse(p.createdAt) >= YOUNG_MS);
  const [first] = old.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (first !== undefined) {
    const patient = patientOf(kind, first, sayPod(first), { ...it, peers: pods });
    const all = few(old.map((p) => `${sayPod(p)} on ${p.node ?? '?'}`));
    return { is: 'ill', patient, because: old.length === 1 ? all : `${all}; first ${first.name}` };
  }
  if (ill.length > 0) return { is: 'coming', because: few(ill.map(sayPod)) };
  const homeless = pods.filter((p) => p.node === undefined && p.deletionTimestamp === undefined);
  if (homeless.length > 0) {
    return {
      is: 'unplaced',
      because: `${few(homeless.map((p) => p.name))} ${homeless.length === 1 ? 'has' : 'have'} no node yet: the scheduler has found none`,
    };
  }
  if (staying.length === 0) {
    return { is: 'absent', because: `every ${kind} is on its way out: ${few(pods.map(sayPod))}` };
  }
  return {
    is: 'well',
    because: `ready: ${few(
      staying.map((p) => `${p.name} on ${p.node ?? '?'}`),
      8,
    )}`,
  };
}

/** A controller on a control plane is out of place: it shares that node's ports with what must not fail (DOMAIN 2.1, A5). */
export function misplaced(controllers: readonly Pod[], nodes: readonly Node[]): readonly string[] {
  return controllers.flatMap((p) =>
    nodes.some((n) => n.name === p.node && n.controlPlane)
      ? [
          `${p.name} runs on ${p.node ?? '?'}, a control plane: exclude it by affinity, or its ports are contested again.`,
        ]
      : [],
  );
}
