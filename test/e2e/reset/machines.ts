import { randomUUID } from 'node:crypto';
import type { Components, WorkloadPrograms } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { Hypervisor } from '../harness/hypervisor.ts';
import { Kubelet } from '../harness/kubelet.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { layNfsdFiles, type NfsdClient, startNfsServer } from '../harness/nfs-server.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Right } from '../harness/rights.ts';
import type { Undo } from '../harness/undo.ts';
import { until } from '../harness/until.ts';
import { startWorkloads } from '../harness/workloads.ts';
import { machineObject } from './objects.ts';

/** The nodes and their VMs. */
export const VMS = { 'k8s-master': 200, 'k8s-node1': 201, 'k8s-node2': 202, 'k8s-node3': 203 };
/** Their names, the control plane first. */
export const NAMES: readonly string[] = Object.keys(VMS);

/** What the machines of a stage are built from. */
export interface MachinesOptions {
  readonly undo: Undo;
  readonly components: Components;
  readonly programs: WorkloadPrograms;
  readonly rights: readonly Right[];
  /** What the NFS server says of a node. */
  readonly clientOf?: (node: LabNode) => NfsdClient;
}

/** Four nodes under one hypervisor, which serves NFS too, and a control plane with its real controllers and scheduler. */
export interface Machines {
  readonly plane: ControlPlane;
  readonly lab: LabNodes;
  readonly hypervisor: Hypervisor;
  /** The nodes, the control plane first. */
  readonly nodes: readonly LabNode[];
  /** The address of the hypervisor and NFS server. */
  readonly server: string;
  /** The node objects, as their kubelets report them. */
  readonly objects: readonly KubeObject[];
  /** What a workplace writes into its inventory. */
  readonly inventory: Readonly<Record<string, unknown>>;
  /** Starts what of their kubelets is not kwok's; the objects must be there. */
  startKubelets(): Promise<void>;
  /** The pods of a namespace with this label: `app=mysql`. */
  pods(namespace: string, selector: string): Promise<readonly KubeObject[]>;
  /** Waits until there are so many pods in the cluster, and all are ready. */
  allReady(count: number): Promise<void>;
  /** Stops the actors; the undo stops the rest. */
  close(): Promise<void>;
}

/** Builds them; the cluster is empty. */
export async function buildMachines(options: MachinesOptions): Promise<Machines> {
  const { undo, components, programs, rights, clientOf } = options;
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components, rights }),
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
  const clients = clientOf === undefined ? [] : nodes.map(clientOf);
  await layNfsdFiles(host, { threads: 16, graceOver: true, exports, clients, load1: 0.4 });
  const objects = await Promise.all(
    guests.map(async ({ node, uuid }) => {
      const { name, address } = node;
      const controlPlane = name === 'k8s-master';
      return machineObject({ name, address, bootId: await node.bootId(), uuid, controlPlane });
    }),
  );
  const kubelets: Kubelet[] = [];
  return {
    plane,
    lab,
    hypervisor,
    nodes,
    server: host.address,
    objects,
    inventory: {
      hosts: { pve: host.address },
      nfs: { server: host.address, host: 'pve', export: '/export' },
      pve: { hosts: ['pve'], vms: VMS },
      maintenance: {},
    },
    startKubelets: async () => {
      for (const node of nodes) {
        kubelets.push(await Kubelet.start({ api: plane.controllersApi, node }));
      }
    },
    pods: async (namespace, selector) => {
      const query = `labelSelector=${encodeURIComponent(selector)}`;
      const path = `/api/v1/namespaces/${namespace}/pods?${query}`;
      return (await plane.api.call<{ items: readonly KubeObject[] }>(path)).items;
    },
    allReady: async (count) => {
      await until(`${count} pods are ready`, { seconds: 120, everyMs: 500 }, async () => {
        const { items } = await plane.api.call<{ items: readonly KubeObject[] }>('/api/v1/pods');
        return items.length === count && items.every(isReady);
      });
    },
    close: async () => {
      await Promise.all(kubelets.map((it) => it.close()));
      await hypervisor.close();
    },
  };
}

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
