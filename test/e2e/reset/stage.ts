import { randomUUID } from 'node:crypto';
import type { Components } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { Hypervisor } from '../harness/hypervisor.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { Kubelet } from '../harness/kubelet.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { layNfsdFiles, type NfsdClient, startNfsServer } from '../harness/nfs-server.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { leaseObject } from '../incident/objects.ts';
import {
  budget,
  csiNodeObject,
  daemonSet,
  driverPod,
  machineObject,
  networkPod,
  nfsStorage,
  type Owner,
  podOf,
  type PodSpec,
  replicas,
} from './objects.ts';
import { RIGHTS } from './rights.ts';

/** A cluster of four nodes under one hypervisor, all well. */
export interface Stage {
  readonly plane: ControlPlane;
  readonly lab: LabNodes;
  readonly hypervisor: Hypervisor;
  /** The nodes, the control plane first. */
  readonly nodes: readonly LabNode[];
  readonly kubelets: ReadonlyMap<string, Kubelet>;
  /** What a workplace writes into its inventory. */
  readonly inventory: Readonly<Record<string, unknown>>;
  /** The UID of a pod, by namespace and name. */
  uidOf(namespace: string, name: string): Promise<string>;
  /** Stops the actors; the undo stops the rest. */
  close(): Promise<void>;
}

/** The nodes and their VMs. */
export const VMS = { 'k8s-master': 200, 'k8s-node1': 201, 'k8s-node2': 202, 'k8s-node3': 203 };
const NAMES = Object.keys(VMS);
const APPS = 'apps';

/** Two replicas, one may go at a time. */
export const WEB = { namespace: APPS, name: 'web-7d9f', labels: { app: 'web' } };
/** One replica whose budget allows no disruption. */
export const LEDGER = { namespace: APPS, name: 'ledger-5c8b', labels: { app: 'ledger' } };
/** One replica with its data on NFS. */
export const MYSQL = { namespace: 'dbaas', name: 'mysql', labels: { app: 'mysql' } };

/** Builds it; everything that may be hit is on `k8s-node2`. */
export async function buildStage(undo: Undo, components: Components): Promise<Stage> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components, rights: RIGHTS }),
    Network.open(undo),
  ]);
  const uuids = new Map(NAMES.map((name) => [name, randomUUID()]));
  const machines = NAMES.map((name) => [name, { uuid: uuids.get(name) ?? '', nfs: true }] as const);
  const lab = await startNodes(undo, network, [...NAMES, 'pve'], Object.fromEntries(machines));
  const nodes = NAMES.map((name) => lab.get(name));
  const host = lab.get('pve');
  const guests = nodes.map((node) => {
    const uuid = uuids.get(node.name) ?? '';
    return { vmid: VMS[node.name as keyof typeof VMS], node, uuid };
  });
  const hypervisor = await Hypervisor.start(host, guests);
  await startNfsServer(host);
  const exports = ['/export\t10.98.0.0/16(rw,no_root_squash,sync,wdelay,no_subtree_check)'];
  const clients = nodes.map(clientOf);
  await layNfsdFiles(host, { threads: 16, graceOver: true, exports, clients });
  await plane.apply([
    ...['kube-system', 'calico-system', 'kube-node-lease', APPS, MYSQL.namespace].map(namespaceOf),
    ...(await Promise.all(
      guests.map(async ({ node, uuid }) => {
        const { name, address } = node;
        const controlPlane = name === 'k8s-master';
        return machineObject({ name, address, bootId: await node.bootId(), uuid, controlPlane });
      }),
    )),
    ...NAMES.flatMap((name) => [leaseObject(name), csiNodeObject(name)]),
    ...nfsStorage(MYSQL.namespace, 'data-mysql-0', host.address),
  ]);
  await schedulable(plane);
  await populate(plane);
  const uidOf = async (namespace: string, name: string): Promise<string> => {
    const pod = await plane.api.call<KubeObject>(`/api/v1/namespaces/${namespace}/pods/${name}`);
    return pod.metadata.uid ?? '';
  };
  const kubelets = new Map<string, Kubelet>();
  for (const node of nodes) {
    const onRemoved = (pod: KubeObject) => comesBack(plane, pod);
    kubelets.set(node.name, await Kubelet.start({ api: plane.controllersApi, node, onRemoved }));
  }
  return {
    plane,
    lab,
    hypervisor,
    nodes,
    kubelets,
    inventory: {
      hosts: { pve: host.address },
      nfs: { server: host.address, host: 'pve', export: '/export' },
      pve: { hosts: ['pve'], vms: VMS },
      maintenance: {},
    },
    uidOf,
    close: async () => {
      await Promise.all([...kubelets.values()].map((it) => it.close()));
      await hypervisor.close();
    },
  };
}

/** Its pods, each with an owner that the API server has given a UID. */
async function populate(plane: ControlPlane): Promise<void> {
  const web = (node: string): PodSpec => ({ ...WEB, ...onNode(WEB.name, node, 'web') });
  const ledger = { ...LEDGER, ...onNode(LEDGER.name, 'k8s-node2', 'ledger') };
  const mysql = {
    ...MYSQL,
    name: 'mysql-0',
    node: 'k8s-node2',
    containers: [{ name: 'mysqld' }],
    claim: 'data-mysql-0',
  };
  const [first = ''] = NAMES;
  await plane.apply([
    daemonSet(driverPod(first), NAMES.length),
    daemonSet(networkPod(first), NAMES.length),
    replicas('ReplicaSet', { ...web('k8s-node1'), ...WEB }, 2),
    replicas('ReplicaSet', { ...ledger, ...LEDGER }, 1),
    replicas('StatefulSet', { ...mysql, ...MYSQL }, 1),
    budget(WEB, 1),
    budget(LEDGER, 0),
  ]);
  const owner = async (kind: Owner['kind'], namespace: string, name: string): Promise<Owner> => {
    const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
    const { metadata } = await plane.api.call<KubeObject>(path);
    return { kind, name, uid: metadata.uid ?? '' };
  };
  const drivers = await owner('DaemonSet', 'kube-system', 'csi-nfs-node');
  const networks = await owner('DaemonSet', 'calico-system', 'calico-node');
  const webs = await owner('ReplicaSet', WEB.namespace, WEB.name);
  await plane.apply([
    ...NAMES.flatMap((node) => [
      podOf(driverPod(node), drivers),
      podOf(networkPod(node), networks),
    ]),
    podOf(web('k8s-node1'), webs),
    podOf(web('k8s-node2'), webs),
    podOf(ledger, await owner('ReplicaSet', LEDGER.namespace, LEDGER.name)),
    podOf(mysql, await owner('StatefulSet', MYSQL.namespace, MYSQL.name)),
  ]);
}

/** What the NFS server says of a node: of the sick one it has not heard for longer than its lease. */
function clientOf({ name, address }: LabNode): NfsdClient {
  const sick = name === 'k8s-node2';
  const status = sick ? 'courtesy' : 'confirmed';
  return { host: name, address, status, secondsSinceRenew: sick ? 214 : 4 };
}

const onNode = (set: string, node: string, container: string) => ({
  name: `${set}-${node.slice(-5)}`,
  node,
  containers: [{ name: container }],
});

/** The API server taints every new node until its controllers have seen it; there are none here. */
async function schedulable({ api }: ControlPlane): Promise<void> {
  for (const name of NAMES) {
    await api.call(`/api/v1/nodes/${name}`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { taints: null } },
    });
  }
}

/** What a controller does about a pod of its own that has gone: one more on the spare node. */
async function comesBack(plane: ControlPlane, pod: KubeObject): Promise<void> {
  const { namespace = '', labels = {}, ownerReferences = [] } = pod.metadata;
  const [owner] = ownerReferences as readonly Owner[];
  const { containers } = pod['spec'] as Pick<PodSpec, 'containers'>;
  if (owner === undefined) return;
  const { kind, name, uid } = owner;
  const spec = { namespace, name: `${name}-${randomUUID().slice(0, 5)}`, labels };
  const names = containers.map((it) => ({ name: it.name }));
  const successor = podOf({ ...spec, node: 'k8s-node3', containers: names }, { kind, name, uid });
  // The controller of budgets counts anew.
  await plane.apply([successor, ...(name === WEB.name ? [budget(WEB, 1)] : [])]);
}

const namespaceOf = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});
