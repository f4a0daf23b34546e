import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { getRaw, segment } from './kubectl.ts';
import { listOf } from './list.ts';

/** A PodDisruptionBudget as its controller last counted it. A plain delete does not ask it; an eviction does. */
export interface Budget {
  readonly name: string;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
}

const budgetSchema = z.object({
  metadata: z.object({ name: z.string().min(1) }),
  status: z.object({
    disruptionsAllowed: z.number(),
    currentHealthy: z.number(),
    desiredHealthy: z.number(),
  }),
});

/** The disruption budgets of a namespace. */
export function listBudgets(cluster: Cluster, namespace: string): Command<readonly Budget[]> {
  return getRaw({
    cluster,
    id: 'kubectl.budgets',
    about: `list the disruption budgets in ${namespace}`,
    path: `/apis/policy/v1/namespaces/${segment(namespace)}/poddisruptionbudgets`,
    read: (json) =>
      listOf(json, 'a list of disruption budgets', budgetSchema, ({ metadata, status }) => ({
        name: metadata.name,
        disruptionsAllowed: status.disruptionsAllowed,
        currentHealthy: status.currentHealthy,
        desiredHealthy: status.desiredHealthy,
      })),
  });
}
