import type { Budget, Pod, World } from '../world.ts';
import { podReady } from './pod.ts';

/** Disruption budgets, counted as their controller counts them (COMMANDS D.4, E). */

const coveredBy = (world: World, budget: Budget): readonly Pod[] =>
  world.pods.filter((pod) => covers(budget, pod));

/** Whether a budget counts a pod. */
export const covers = ({ namespace, matchLabels }: Budget, pod: Pod): boolean =>
  namespace === pod.namespace &&
  Object.entries(matchLabels).every(([name, value]) => pod.labels[name] === value);

/** What a budget allows now: a pod on its way out is not healthy any more. */
export function countedNow(world: World, budget: Budget) {
  const pods = coveredBy(world, budget);
  const expectedPods = expected(world, budget, pods);
  const currentHealthy = pods.filter(
    (pod) => pod.deletion === undefined && podReady(world, pod),
  ).length;
  const desiredHealthy =
    budget.minAvailable ?? Math.max(0, expectedPods - (budget.maxUnavailable ?? 0));
  const disruptionsAllowed = Math.max(0, currentHealthy - desiredHealthy);
  return { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods };
}

/** As many as their controllers want; Vault's set wants three. */
function expected(world: World, { namespace }: Budget, pods: readonly Pod[]): number {
  const owners = new Set(pods.map((pod) => pod.owner?.name));
  const wanted = world.workloads
    .filter((it) => it.namespace === namespace && owners.has(it.name))
    .reduce((sum, { replicas }) => sum + replicas, 0);
  return owners.has('vault') ? wanted + 3 : wanted;
}

/** A PodDisruptionBudget as the API server shows it. */
export const budgetObject = (world: World, budget: Budget): object => ({
  metadata: { name: budget.name, namespace: budget.namespace },
  spec: {
    selector: { matchLabels: budget.matchLabels },
    ...(budget.minAvailable === undefined ? {} : { minAvailable: budget.minAvailable }),
    ...(budget.maxUnavailable === undefined ? {} : { maxUnavailable: budget.maxUnavailable }),
  },
  status: countedNow(world, budget),
});
