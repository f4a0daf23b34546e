import type { CsiNode } from '../kubectl/csi-nodes.ts';
import type { Pod } from '../kubectl/pod-object.ts';

/** Whether a CSI driver serves a node. */
export type Registration =
  | { readonly is: 'registered' }
  | { readonly is: 'not'; readonly why: string };

const not = (why: string): Registration => ({ is: 'not', why });

/**
 * Whether a driver is registered on a node: its CSINode lists it, and the driver's pod on that node is Ready. The list
 * alone is not enough: a registrar that was killed leaves its socket and its entry behind (COMMANDS C.2).
 */
export function registration(
  driver: string,
  csiNode: CsiNode | undefined,
  pod: Pod | undefined,
): Registration {
  if (csiNode === undefined) return not('the node has no CSINode object');
  const { name, drivers } = csiNode;
  if (!drivers.some((it) => it.name === driver)) {
    return not(`the CSINode of ${name} does not list ${driver}`);
  }
  if (pod === undefined)
    return not(`the CSINode of ${name} lists ${driver}, and no pod of it is there`);
  const called = `${pod.namespace}/${pod.name}`;
  if (pod.node !== name) {
    return not(`pod ${called} is on ${pod.node ?? 'no node'}, and not on ${name}`);
  }
  if (pod.deletionTimestamp !== undefined) return not(`pod ${called} is being deleted`);
  const ready = pod.containers.filter((it) => it.ready).length;
  if (!pod.ready || ready < pod.containers.length) {
    return not(`pod ${called} is not Ready: ${ready} of ${pod.containers.length} containers are`);
  }
  return { is: 'registered' };
}
