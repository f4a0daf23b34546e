import type { Observation } from '../../../src/runbook/observation.ts';
import type { Judgement } from '../../../src/runbook/step.ts';
import { covers } from '../../../src/tools/kubectl/budgets.ts';
import type { Budget } from '../../../src/tools/kubectl/budgets.ts';
import type { Claim, Volume } from '../../../src/tools/kubectl/claims.ts';
import type { NodeLease } from '../../../src/tools/kubectl/leases.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import { kubeletSays, leaseOf } from './kubelet.ts';

/** What is looked at before pods are moved away. */
export interface DrainLook {
  readonly node: Observation<Node | undefined>;
  readonly kubelet: Observation<Kubelet>;
  readonly lease: Observation<NodeLease | undefined>;
  readonly pods: Observation<readonly Pod[]>;
  readonly budgets: Observation<readonly Budget[]>;
  readonly claims: Observation<readonly Claim[]>;
  readonly volumes: Observation<readonly Volume[]>;
}

export type Drainable =
  | { readonly is: 'not-cordoned'; readonly because: string }
  | { readonly is: 'no'; readonly because: string }
  | { readonly is: 'yes'; readonly pods: readonly Pod[]; readonly because: string };

/** Why a pod stays where it is; `undefined` where it may be evicted. */
type Why = 'daemon' | 'static' | 'bare' | 'nfs' | 'unknown volume' | 'going' | 'done';

function whyStays(pod: Pod, claims: readonly Claim[], volumes: readonly Volume[]): Why | undefined {
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return 'done';
  if (pod.mirror) return 'static';
  if (pod.owner?.kind === 'DaemonSet') return 'daemon';
  if (pod.deletionTimestamp !== undefined) return 'going';
  if (pod.inlineNfs) return 'nfs';
  const backends = pod.claims.map((name) => {
    const claim = claims.find((it) => it.namespace === pod.namespace && it.name === name);
    return volumes.find((it) => it.name === claim?.volume)?.backend ?? 'unknown';
  });
  if (backends.includes('nfs')) return 'nfs';
  if (backends.includes('unknown')) return 'unknown volume';
  return pod.owner === undefined ? 'bare' : undefined;
}

const SAYS: Readonly<Record<Why, string>> = {
  daemon: 'of a DaemonSet',
  static: 'static',
  bare: 'without an owner, which nothing starts again',
  nfs: 'with an NFS volume, whose unmount would hang',
  'unknown volume': 'with a volume of unknown kind',
  going: 'on their way out already',
  done: 'that have ended',
};

/**
 * Which pods may be moved before the reset: those without an NFS volume, if the kubelet is there to let go of them, and as many
 * as their disruption budgets allow (COMMANDS D.4). Everything else stays, and it is said why.
 */
export function judgeDrain(look: DrainLook, now: number): Drainable {
  const { node, kubelet, lease, pods, budgets, claims, volumes } = look;
  if (!node.ok || node.value === undefined) {
    return {
      is: 'not-cordoned',
      because: `whether it is cordoned could not be read back: ${node.ok ? 'it is gone' : node.says}`,
    };
  }
  if (!node.value.unschedulable) {
    return { is: 'not-cordoned', because: `${node.value.name} reads back as schedulable` };
  }
  if (kubeletSays(kubelet) !== 'well') {
    return {
      is: 'no',
      because: 'no drain: the kubelet does not answer, so an evicted pod would stay Terminating',
    };
  }
  const age = leaseOf(lease, now);
  if (age.is !== 'fresh') return { is: 'no', because: `no drain: ${age.says}` };
  if (!pods.ok || !budgets.ok || !claims.ok || !volumes.ok) {
    const says = [pods, budgets, claims, volumes].flatMap((it) => (it.ok ? [] : [it.says]));
    return { is: 'no', because: `no drain: what may be moved is not known (${says.join('; ')})` };
  }
  const stays = pods.value.map((pod) => ({ pod, why: whyStays(pod, claims.value, volumes.value) }));
  const movable = stays.flatMap(({ pod, why }) => (why === undefined ? [pod] : []));
  const { allowed, blocked } = withinBudgets(movable, budgets.value);
  const kept = [...Map.groupBy(stays, (it) => it.why)].flatMap(([why, of]) =>
    why === undefined ? [] : [`${of.length} ${SAYS[why]}`],
  );
  const said = [
    ...(kept.length > 0 ? [`stay: ${kept.join(', ')}`] : []),
    ...(blocked.length > 0
      ? [`blocked by a disruption budget: ${blocked.map((it) => it.name).join(', ')}`]
      : []),
  ].join('; ');
  return allowed.length === 0
    ? { is: 'no', because: `no drain: nothing may be moved; ${said}` }
    : { is: 'yes', pods: allowed, because: `${allowed.length} pods may be moved; ${said}` };
}

/** As many pods as each budget allows: the rest would be refused, and that is known before it is asked. */
function withinBudgets(
  pods: readonly Pod[],
  budgets: readonly Budget[],
): { readonly allowed: readonly Pod[]; readonly blocked: readonly Pod[] } {
  const left = new Map(budgets.map((it) => [it, it.disruptionsAllowed]));
  return pods.reduce<{ readonly allowed: readonly Pod[]; readonly blocked: readonly Pod[] }>(
    ({ allowed, blocked }, pod) => {
      const mine = budgets.filter((it) => covers(it, pod));
      if (mine.some((it) => (left.get(it) ?? 0) < 1))
        return { allowed, blocked: [...blocked, pod] };
      for (const it of mine) left.set(it, (left.get(it) ?? 0) - 1);
      return { allowed: [...allowed, pod], blocked };
    },
    { allowed: [], blocked: [] },
  );
}

const sayPods = (what: string, of: readonly Pod[]): readonly string[] =>
  of.length === 0 ? [] : [`${what}: ${of.map((it) => `${it.namespace}/${it.name}`).join(', ')}`];

/** Slow is not blocked: a pod that is terminating needs time, one that is not was never let go (COMMANDS D.4). */
export function judgeEvicted(
  uids: readonly string[],
  after: Observation<readonly Pod[]>,
): Judgement {
  if (!after.ok) return { effect: 'unknown', because: `the pods could not be read: ${after.says}` };
  const there = after.value.filter((it) => uids.includes(it.uid));
  if (there.length === 0) {
    return { effect: 'confirmed', because: `all ${uids.length} pods have left the node` };
  }
  const slow = there.filter((it) => it.deletionTimestamp !== undefined);
  const blocked = there.filter((it) => it.deletionTimestamp === undefined);
  return {
    effect: 'refuted',
    because: [
      `${uids.length - there.length} of ${uids.length} pods have left the node`,
      ...sayPods('slow to end', slow),
      ...sayPods('not let go by a disruption budget, or refused for another reason', blocked),
    ].join('; '),
  };
}
