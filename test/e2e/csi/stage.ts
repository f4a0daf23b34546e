import { randomUUID } from 'node:crypto';
import type { Components, WorkloadPrograms } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { Hypervisor } from '../harness/hypervisor.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { Kubelet } from '../harness/kubelet.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { layNfsdFiles, startNfsServer } from '../harness/nfs-server.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { until } from '../harness/until.ts';
import { startWorkloads } from '../harness/workloads.ts';
import { DriverKubelet } from './driver-kubelet.ts';
import {
  type App,
  CSI_NAMESPACE,
  csiNodeOf,
  deploymentOf,
  driverObjects,
  namespaceObject,
  nodeOf,
  statefulSetOf,
} from './objects.ts';
import { RIGHTS } from './rights.ts';

/** The nodes and their VMs. */
export const VMS = { 'k8s-master': 200, 'k8s-node1': 201, 'k8s-node2': 202, 'k8s-node3': 203 };
const NAMES = Object.keys(VMS);

/** The node that falls ill. */
export const SICK = 'k8s-node2';

const onSick = { node: SICK, mustStay: 0 } as const;
/** Its data is on NFS, and it can run on that node alone. */
export const MYSQL: App = {
  ...onSick,
  namespace: 'dbaas',
  name: 'mysql-standalone',
  bound: 'firmly',
  nfs: true,
};
export const PHOTOS: App = {
  ...onSick,
  namespace: 'immich',
  name: 'immich',
  bound: 'firmly',
  nfs: true,
};
/** Another node's, whose mount has nothing to do with it. */
export const FORGE: App = {
  ...onSick,
  namespace: 'gitea',
  name: 'gitea',
  node: 'k8s-node1',
  bound: 'firmly',
  nfs: true,
};
/** It may move, and does without a disk. */
export const WEB: App = {
  ...onSick,
  namespace: 'web',
  name: 'homepage',
  bound: 'by preference',
  nfs: false,
};
/** The same, and its budget lets none of its pods go. */
export const LEDGER: App = { ...WEB, namespace: 'ledger', name: 'ledger', mustStay: 1 };
const APPS = [MYSQL, PHOTOS, FORGE, WEB, LEDGER];

/** A cluster of four nodes under one hypervisor, run by the real controllers. */
export interface Stage {
  readonly plane: ControlPlane;
  readonly lab: LabNodes;
  readonly hypervisor: Hypervisor;
  /** The nodes, the control plane first. */
  readonly nodes: readonly LabNode[];
  readonly drivers: ReadonlyMap<string, DriverKubelet>;
  /** What a workplace writes into its inventory. */
  readonly inventory: Readonly<Record<string, unknown>>;
  /** The pods of a namespace with this label, `app=mysql`. */
  pods(namespace: string, selector: string): Promise<readonly KubeObject[]>;
  /** The driver's pod on a node, once it is there and not on its way out. */
  driverOn(node: string): Promise<KubeObject>;
  /** Stops the actors; the undo stops the rest. */
  close(): Promise<void>;
}

/** Builds it and waits until everything runs. */
export async function buildStage(
  undo: Undo,
  components: Components,
  programs: WorkloadPrograms,
): Promise<Stage> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components, rights: RIGHTS }),
    Network.open(undo),
  ]);
  const uuids = new Map(NAMES.map((name) => [name, randomUUID()]));
  const machines = NAMES.map((name) => [name, { uuid: uuids.get(name) ?? '', nfs: true }] as const);
  const [lab] = await Promise.all([
    startNodes(undo, network, [...NAMES, 'pve'], Object.fromEntries(machines)),
    startWorkloads(undo, plane, programs),
  ]);
  const nodes = NAMES.map((name) => lab.get(name));
  const host = lab.get('pve');
  const guests = nodes.map((node) => {
    const uuid = uuids.get(node.name) ?? '';
    return { vmid: VMS[node.name as keyof typeof VMS], node, uuid };
  });
  const hypervisor = await Hypervisor.start(host, guests);
  await startNfsServer(host);
  const exports = ['/export\t10.98.0.0/16(rw,no_root_squash,sync,wdelay,no_subtree_check)'];
  await layNfsdFiles(host, { threads: 16, graceOver: true, exports, load1: 0.4 });
  await plane.apply([
    ...[CSI_NAMESPACE, 'calico-system', ...APPS.map((it) => it.namespace)].map(namespaceObject),
    ...NAMES.map(csiNodeOf),
    ...(await Promise.all(
      guests.map(async ({ node, uuid }) => {
        const { name, address } = node;
        const controlPlane = name === 'k8s-master';
        return nodeOf({ name, address, bootId: await node.bootId(), uuid, controlPlane });
      }),
    )),
    ...driverObjects(SICK),
    ...[PHOTOS, WEB, LEDGER].flatMap((app) => deploymentOf(app, host.address)),
    ...[MYSQL, FORGE].flatMap((app) => statefulSetOf(app, host.address)),
  ]);
  const api = plane.controllersApi;
  const kubelets: Kubelet[] = [];
  const drivers = new Map<string, DriverKubelet>();
  for (const node of nodes) {
    kubelets.push(await Kubelet.start({ api, node, besideKwok: true }));
    const exported = `${host.address}:/export`;
    drivers.set(node.name, await DriverKubelet.start({ api, node, exported }));
  }
  const pods = async (namespace: string, selector: string): Promise<readonly KubeObject[]> => {
    const query = `labelSelector=${encodeURIComponent(selector)}`;
    const path = `/api/v1/namespaces/${namespace}/pods?${query}`;
    return (await plane.api.call<{ items: readonly KubeObject[] }>(path)).items;
  };
  await until('every pod is ready', { seconds: 90, everyMs: 500 }, async () => {
    const { items } = await plane.api.call<{ items: readonly KubeObject[] }>('/api/v1/pods');
    return items.length === 2 * NAMES.length + 2 + APPS.length && items.every(isReady);
  });
  return {
    plane,
    lab,
    hypervisor,
    nodes,
    drivers,
    inventory: {
      hosts: { pve: host.address },
      nfs: { server: host.address, host: 'pve', export: '/export' },
      csi: { namespace: CSI_NAMESPACE },
      pve: { hosts: ['pve'], vms: VMS },
      maintenance: {},
    },
    pods,
    driverOn: (node) =>
      until(`${node} has a pod of the driver`, { seconds: 60, everyMs: 200 }, async () => {
        const found = await pods(CSI_NAMESPACE, 'app=csi-nfs-node');
        return found.find((it) => nodeNameOf(it) === node && isStaying(it));
      }),
    close: async () => {
      await Promise.all([...kubelets, ...drivers.values()].map((it) => it.close()));
      await hypervisor.close();
    },
  };
}

const isStaying = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp === undefined;

/** The node that a pod was bound to. */
export const nodeNameOf = ({ spec }: KubeObject): string =>
  (spec as { readonly nodeName?: string }).nodeName ?? '';

/** Whether a pod says of itself that it is ready. */
export function isReady({ status = {} }: KubeObject): boolean {
  const { conditions = [] } = status as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some((it) => it.type === 'Ready' && it.status === 'True');
}
