import type { Seen } from '../runbook/observation.ts';
import type { PodRef } from '../runbook/references.ts';
import type { Site } from '../runbook/site.ts';
import type { BlastRadius, Drift, Judgement, Target } from '../runbook/step.ts';
import { deletePod } from '../tools/kubectl/delete-pod.ts';
import { getPod, listPods, podsOnNode } from '../tools/kubectl/pods.ts';
import { GRACE_S, targetPod } from './delete-pod.ts';

interface Ctx {
  readonly site: Site;
}

/** Which pods a DaemonSet keeps, and what is missing on the node until it has made another one. */
export interface AgentSet {
  readonly namespace: string;
  readonly selector: string;
  /** What does not work meanwhile: `node on which no mount or unmount works`. */
  readonly meanwhile: string;
}

const all = (site: Site, { namespace, selector }: AgentSet) => ({
  pods: listPods(site.cluster, namespace, selector),
});

const around = (site: Site, agent: PodRef) => ({ pods: podsOnNode(site.cluster, agent.node) });

const measure = (set: AgentSet, { pods }: Seen<ReturnType<typeof around>>): BlastRadius => ({
  counts: [
    { what: set.meanwhile, count: 1, names: [] },
    ...(pods.ok ? [{ what: 'other pod on the node that ends', count: 0, names: [] }] : []),
  ],
  unknown: pods.ok ? [] : [`pods on the node: ${pods.says}`],
});

const itself = (site: Site, agent: PodRef) => ({ pod: getPod(site.cluster, agent) });

function stillThere(agent: PodRef, { pod }: Seen<ReturnType<typeof itself>>): Drift {
  if (!pod.ok) return { drift: 'unknown', because: `${agent.name} could not be read: ${pod.says}` };
  return pod.value?.uid === agent.uid && pod.value.deletionTimestamp === undefined
    ? { drift: 'same', because: `${agent.name} is the same pod, uid ${agent.uid}` }
    : { drift: 'changed', because: `${agent.name} was replaced, or is on its way out already` };
}

function judgeReplaced(agent: PodRef, { pods }: Seen<ReturnType<typeof all>>): Judgement {
  if (!pods.ok) return { effect: 'unknown', because: `the pods could not be read: ${pods.says}` };
  const now = pods.value.find((it) => it.node === agent.node && it.uid !== agent.uid);
  if (now === undefined)
    return { effect: 'refuted', because: `no other such pod is on ${agent.node} yet` };
  return now.ready
    ? { effect: 'confirmed', because: `${now.name} is ready, uid ${now.uid}` }
    : { effect: 'refuted', because: `${now.name} (uid ${now.uid}) is not ready yet` };
}

/**
 * Deletes the pod of a DaemonSet on one node, pinned to its UID, so that another one is made there (COMMANDS F): all parts of
 * the action but its place in the graph and its guards.
 */
export const replaceAgent = <C extends Ctx>(
  of: (ctx: C) => PodRef,
  set: (site: Site) => AgentSet,
) => ({
  target: (ctx: C): Target => targetPod(of(ctx)),
  blastRadius: {
    observe: (ctx: C) => around(ctx.site, of(ctx)),
    measure: (seen: Seen<ReturnType<typeof around>>, ctx: C) => measure(set(ctx.site), seen),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: (ctx: C) => itself(ctx.site, of(ctx)),
    judge: (seen: Seen<ReturnType<typeof itself>>, ctx: C) => stillThere(of(ctx), seen),
  },
  commands: (ctx: C) => [deletePod(ctx.site.cluster, of(ctx), GRACE_S)],
  effect: {
    proof: 'another pod of it is ready on the node, within 120 s',
    every: '5s' as const,
    within: '120s' as const,
    identity: (ctx: C) => all(ctx.site, set(ctx.site)),
    judge: (_: unknown, after: Seen<ReturnType<typeof all>>, ctx: C) =>
      judgeReplaced(of(ctx), after),
  },
  undo: 'none: the DaemonSet makes another pod',
});
