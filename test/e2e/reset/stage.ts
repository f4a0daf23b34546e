import type { Components, WorkloadPrograms } from '../harness/components.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import type { NfsdClient } from '../harness/nfs-server.ts';
import type { Undo } from '../harness/undo.ts';
import {
  type App,
  deploymentOf,
  namespaceObject,
  statefulSetOf,
} from '../harness/workload-objects.ts';
import { type Cluster, nodeNameOf } from './cluster.ts';
import { buildMachines, type Machines, NAMES } from './machines.ts';
import { agents, registered } from './objects.ts';
import { RIGHTS } from './rights.ts';

/** A cluster of four nodes under one hypervisor, all well. */
export interface Stage extends Machines {
  /** The one pod of an app on a node; throws where there is another number of them. */
  podOf(app: App, node: string): Promise<{ readonly name: string; readonly uid: string }>;
}

const SICK = 'k8s-node2';

/** Two replicas, one may go at a time. */
export const WEB: App = {
  namespace: 'apps',
  name: 'web',
  nodes: ['k8s-node1', SICK],
  bound: 'by preference',
  replicas: 2,
  mustStay: 1,
};
/** One replica whose budget allows no disruption. */
export const LEDGER: App = {
  namespace: 'apps',
  name: 'ledger',
  nodes: [SICK],
  bound: 'by preference',
  mustStay: 1,
};
/** One replica with its data on NFS. */
export const MYSQL: App = {
  namespace: 'dbaas',
  name: 'mysql',
  nodes: [SICK],
  bound: 'by preference',
  nfs: true,
  mustStay: 0,
};

/** Builds it; everything that may be hit is on `k8s-node2`. */
export async function buildStage(
  undo: Undo,
  components: Components,
  programs: WorkloadPrograms,
): Promise<Stage> {
  const machines = await buildMachines({ undo, components, programs, rights: RIGHTS, clientOf });
  await populate(machines, machines.server);
  return { ...machines, podOf: podOf(machines) };
}

/** Fills a cluster of these nodes, with the data of its apps on this NFS server, and waits until all its pods are ready. */
export async function populate(cluster: Cluster, server: string): Promise<void> {
  await cluster.plane.apply([
    ...['calico-system', WEB.namespace, MYSQL.namespace].map(namespaceObject),
    ...NAMES.map(registered),
    ...cluster.objects,
    ...agents,
    ...[WEB, LEDGER].flatMap((app) => deploymentOf(app, server)),
    ...statefulSetOf(MYSQL, server),
  ]);
  await cluster.startKubelets();
  await cluster.allReady(2 * NAMES.length + 4);
}

/** Finds the one pod of an app on a node. */
export const podOf =
  ({ pods }: Pick<Cluster, 'pods'>): Stage['podOf'] =>
  async ({ namespace, name }, node) => {
    const all = await pods(namespace, `app=${name}`);
    const [pod, ...more] = all.filter((it) => nodeNameOf(it) === node);
    if (pod === undefined || more.length > 0) {
      throw new Error(`not one pod of ${name} on ${node}: ${all.map(placed).join(', ')}`);
    }
    return { name: pod.metadata.name, uid: pod.metadata.uid ?? '' };
  };

const placed = (pod: KubeObject): string => `${pod.metadata.name} on ${nodeNameOf(pod)}`;

/** What the NFS server says of a node: of the sick one it has not heard for longer than its lease. */
function clientOf({ name, address }: LabNode): NfsdClient {
  const sick = name === SICK;
  const status = sick ? 'courtesy' : 'confirmed';
  return { host: name, address, status, secondsSinceRenew: sick ? 214 : 4 };
}
