import type { Components, WorkloadPrograms } from '../harness/components.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { Undo } from '../harness/undo.ts';
import { until } from '../harness/until.ts';
import {
  type App,
  deploymentOf,
  namespaceObject,
  statefulSetOf,
} from '../harness/workload-objects.ts';
import { nodeNameOf } from '../reset/cluster.ts';
import { buildMachines, type Machines, NAMES } from '../reset/machines.ts';
import { csiNodeObject } from '../reset/objects.ts';
import { DriverKubelet } from './driver-kubelet.ts';
import { CSI_NAMESPACE, driverObjects, PLAYS } from './objects.ts';
import { RIGHTS } from './rights.ts';

/** The node that falls ill. */
export const SICK = 'k8s-node2';

const stores = { bound: 'firmly', nfs: true, plays: PLAYS.mount, mustStay: 0 } as const;
/** Its data is on NFS, and it can run on that node alone. */
export const MYSQL: App = {
  ...stores,
  namespace: 'dbaas',
  name: 'mysql-standalone',
  nodes: [SICK],
};
export const PHOTOS: App = { ...stores, namespace: 'immich', name: 'immich', nodes: [SICK] };
/** Another node's, whose mount has nothing to do with it. */
const FORGE: App = { ...stores, namespace: 'gitea', name: 'gitea', nodes: ['k8s-node1'] };
/** It may move, and does without a disk. */
export const WEB: App = {
  namespace: 'web',
  name: 'homepage',
  nodes: [SICK],
  bound: 'by preference',
  mustStay: 0,
};
/** The same, and its budget lets none of its pods go. */
export const LEDGER: App = { ...WEB, namespace: 'ledger', name: 'ledger', mustStay: 1 };
const APPS = [MYSQL, PHOTOS, FORGE, WEB, LEDGER];

/** A cluster of four nodes under one hypervisor, whose NFS driver is real processes. */
export interface Stage extends Machines {
  readonly drivers: ReadonlyMap<string, DriverKubelet>;
  /** The driver's pod on a node, once it is there and not on its way out. */
  driverOn(node: string): Promise<KubeObject>;
}

/** Builds it and waits until everything runs. */
export async function buildStage(
  undo: Undo,
  components: Components,
  programs: WorkloadPrograms,
): Promise<Stage> {
  const machines = await buildMachines({ undo, components, programs, rights: RIGHTS });
  const { plane, nodes, server, objects } = machines;
  await plane.apply([
    ...[CSI_NAMESPACE, 'calico-system', ...APPS.map((it) => it.namespace)].map(namespaceObject),
    ...NAMES.map((name) => csiNodeObject(name, [])),
    ...objects,
    ...driverObjects(SICK),
    ...[PHOTOS, WEB, LEDGER].flatMap((app) => deploymentOf(app, server)),
    ...[MYSQL, FORGE].flatMap((app) => statefulSetOf(app, server)),
  ]);
  await machines.startKubelets();
  const drivers = new Map<string, DriverKubelet>();
  for (const node of nodes) {
    const options = { api: plane.controllersApi, node, exported: `${server}:/export` };
    drivers.set(node.name, await DriverKubelet.start(options));
  }
  await machines.allReady(2 * NAMES.length + 2 + APPS.length);
  return {
    ...machines,
    inventory: { ...machines.inventory, csi: { namespace: CSI_NAMESPACE } },
    drivers,
    driverOn: (node) =>
      until(`${node} has a pod of the driver`, { seconds: 60, everyMs: 200 }, async () => {
        const found = await machines.pods(CSI_NAMESPACE, 'app=csi-nfs-node');
        return found.find((it) => nodeNameOf(it) === node && isStaying(it));
      }),
    close: async () => {
      await Promise.all([...drivers.values()].map((it) => it.close()));
      await machines.close();
    },
  };
}

const isStaying = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp === undefined;
