import { z } from 'zod';
import type { Command } from '../../runbook/command.ts';
import type { Cluster } from '../../runbook/site.ts';
import { getRaw } from './kubectl.ts';
import { listOf } from './list.ts';

/** The lists of apps/v1 that keep pods alive. */
export type WorkloadKind = 'deployments' | 'statefulsets' | 'replicasets';

/** What keeps a number of pods alive: with one replica, the pod's end is the service's. */
export interface Workload {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  /** As many as are wanted. */
  readonly replicas: number;
  readonly ready: number;
  /** A ReplicaSet's Deployment. */
  readonly owner?: { readonly kind: string; readonly name: string };
}

const workloadSchema = z.object({
  metadata: z.object({
    namespace: z.string().min(1),
    name: z.string().min(1),
    ownerReferences: z
      .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() }))
      .nullish(),
  }),
  // The API server fills in 1 where nothing is said, so a missing number is none of its answers.
  spec: z.object({ replicas: z.number() }),
  status: z.object({ readyReplicas: z.number().nullish() }).nullish(),
});

function toWorkload(
  kind: WorkloadKind,
  { metadata, spec, status }: z.output<typeof workloadSchema>,
): Workload {
  const owner = metadata.ownerReferences?.find((o) => o.controller === true);
  return {
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    replicas: spec.replicas,
    ready: status?.readyReplicas ?? 0,
    ...(owner === undefined ? {} : { owner: { kind: owner.kind, name: owner.name } }),
  };
}

/** All workloads of a kind, of every namespace. */
export function listWorkloads(cluster: Cluster, kind: WorkloadKind): Command<readonly Workload[]> {
  return getRaw({
    cluster,
    id: `kubectl.${kind}`,
    about: `list the ${kind} of all namespaces`,
    path: `/apis/apps/v1/${kind}`,
    read: (json) => listOf(json, `a list of ${kind}`, workloadSchema, (it) => toWorkload(kind, it)),
  });
}
