import { formatMs, toMs } from '../runbook/duration.ts';
import type { Duration } from '../runbook/duration.ts';
import type { Observation } from '../runbook/observation.ts';
import type { PodRef } from '../runbook/references.ts';
import type { Site } from '../runbook/site.ts';
import type { Judgement, Target } from '../runbook/step.ts';
import { deletePod as deletePodCommand, forceDeletePod } from '../tools/kubectl/delete-pod.ts';
import { getPod } from '../tools/kubectl/pods.ts';
import type { Pod } from '../tools/kubectl/pods.ts';

interface Ctx {
  readonly site: Site;
}

/** Seconds that a pod gets to end: kubelet gets them twice before anything is forced (COMMANDS F). */
export const GRACE_S = 30;

/** A pod, proven by its UID and by where it runs. */
export const targetPod = (pod: PodRef): Target => ({
  name: pod.name,
  kind: 'pod',
  proven: [
    `uid ${pod.uid}`,
    `on ${pod.node === '' ? 'no node yet' : pod.node}`,
    `namespace ${pod.namespace}`,
  ],
});

const itself = (site: Site, pod: PodRef) => ({ pod: getPod(site.cluster, pod) });

/** The pod under that UID is gone: a StatefulSet uses the name again, so the UID alone tells. */
export function judgeGone(
  { name, uid }: PodRef,
  after: { readonly pod: Observation<Pod | undefined> },
): Judgement {
  if (!after.pod.ok)
    return { effect: 'unknown', because: `${name} could not be read: ${after.pod.says}` };
  const now = after.pod.value;
  if (now === undefined) return { effect: 'confirmed', because: `no pod ${name} exists any more` };
  if (now.uid !== uid)
    return { effect: 'confirmed', because: `${name} is a new pod: uid ${now.uid}` };
  return now.deletionTimestamp === undefined
    ? { effect: 'refuted', because: `${name} still exists with uid ${uid}` }
    : {
        effect: 'refuted',
        because: `${name} is still terminating, since ${now.deletionTimestamp}`,
      };
}

/**
 * Deletes one pod, pinned to its UID, gracefully or by force, and proves it by that UID (COMMANDS E, F): the target, the
 * command and the effect of the action.
 */
export const deletePod = <C extends Ctx>(
  of: (ctx: C) => PodRef,
  within: Duration,
  how: 'gracefully' | 'by force' = 'gracefully',
) => ({
  target: (ctx: C): Target => targetPod(of(ctx)),
  commands: (ctx: C) => [
    how === 'by force'
      ? forceDeletePod(ctx.site.cluster, of(ctx))
      : deletePodCommand(ctx.site.cluster, of(ctx), GRACE_S),
  ],
  effect: {
    proof: `the pod is gone or has a new uid, within ${formatMs(toMs(within))}`,
    every: '5s' as const,
    within,
    identity: (ctx: C) => itself(ctx.site, of(ctx)),
    judge: (_: unknown, after: Parameters<typeof judgeGone>[1], ctx: C) =>
      judgeGone(of(ctx), after),
  },
});
