import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { getRaw } from './kubectl.ts';
import { listOf } from './list.ts';
import type { Pod } from './pod-object.ts';
import { selects, selectorSchema, toSelector } from './selector.ts';
import type { Selector } from './selector.ts';

/** A PodDisruptionBudget as its controller last counted it. A plain delete does not ask it; an eviction does. */
export interface Budget {
  readonly namespace: string;
  readonly name: string;
  /** The pods it counts; absent: none at all. */
  readonly selector?: Selector;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
}

const budgetSchema = z.object({
  metadata: z.object({ namespace: z.string().min(1), name: z.string().min(1) }),
  spec: z.object({ selector: selectorSchema.nullish() }).nullish(),
  status: z.object({
    disruptionsAllowed: z.number(),
    currentHealthy: z.number(),
    desiredHealthy: z.number(),
  }),
});

const toBudget = ({ metadata, spec, status }: z.output<typeof budgetSchema>): Budget => ({
  namespace: metadata.namespace,
  name: metadata.name,
  ...(spec?.selector ? { selector: toSelector(spec.selector) } : {}),
  disruptionsAllowed: status.disruptionsAllowed,
  currentHealthy: status.currentHealthy,
  desiredHealthy: status.desiredHealthy,
});

/** The disruption budgets of every namespace: which pods of a node an eviction would wait for. */
export function listAllBudgets(cluster: Cluster): Command<readonly Budget[]> {
  return getRaw({
    cluster,
    id: 'kubectl.all-budgets',
    about: 'list the disruption budgets of all namespaces',
    path: '/apis/policy/v1/poddisruptionbudgets',
    read: (json) => listOf(json, 'a list of disruption budgets', budgetSchema, toBudget),
  });
}

/**
 * Whether a budget counts a pod: same namespace, and its selector picks the labels. In policy/v1 an empty selector
 * covers every pod of the namespace, and none at all covers none (k8s.io/api policy/v1, PodDisruptionBudgetSpec).
 */
export const covers = (
  { namespace, selector }: Pick<Budget, 'namespace' | 'selector'>,
  pod: Pick<Pod, 'namespace' | 'labels'>,
): boolean =>
  namespace === pod.namespace && selector !== undefined && selects(selector, pod.labels);
