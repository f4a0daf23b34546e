import type { Workload, World } from '../world.ts';
import { podReady } from './pod.ts';

/** Controllers as the lists of apps/v1 show them: what has one replica is down while its pod is. */

const readyOf = (world: World, { namespace, name }: Pick<Workload, 'namespace' | 'name'>): number =>
  world.pods.filter(
    (pod) => pod.namespace === namespace && pod.owner?.name === name && podReady(world, pod),
  ).length;

const metadata = (namespace: string, name: string, owner?: object): object => ({
  name,
  namespace,
  ...(owner === undefined ? {} : { ownerReferences: [owner] }),
});

/** A StatefulSet or a ReplicaSet of other people. */
export const workloadObject = (world: World, it: Workload): object => ({
  metadata: metadata(
    it.namespace,
    it.name,
    it.deployment === undefined
      ? undefined
      : { apiVersion: 'apps/v1', kind: 'Deployment', name: it.deployment, controller: true },
  ),
  spec: { replicas: it.replicas },
  status: { replicas: it.replicas, readyReplicas: readyOf(world, it) },
});

/** The Deployment above a ReplicaSet. */
export const deploymentObject = (world: World, it: Workload): object => ({
  metadata: metadata(it.namespace, it.deployment ?? it.app),
  spec: { replicas: it.replicas },
  status: { replicas: it.replicas, readyReplicas: readyOf(world, it) },
});
