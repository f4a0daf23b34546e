import { randomUUID } from 'node:crypto';
import type { Components, WorkloadPrograms } from '../harness/components.ts';
import { startControlPlane } from '../harness/control-plane.ts';
import { Hypervisor } from '../harness/hypervisor.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { layNfsdFiles, type NfsdClient, startNfsServer } from '../harness/nfs-server.ts';
import { addUnit } from '../harness/node-units.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Right } from '../harness/rights.ts';
import type { Undo } from '../harness/undo.ts';
import { startWorkloads } from '../harness/workloads.ts';
import { type Cluster, clusterOf } from './cluster.ts';

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
export interface Machines extends Cluster {
  readonly lab: LabNodes;
  readonly hypervisor: Hypervisor;
  /** The nodes, the control plane first. */
  readonly nodes: readonly LabNode[];
  /** The address of the hypervisor and NFS server. */
  readonly server: string;
  /** What a workplace writes into its inventory. */
  readonly inventory: Readonly<Record<string, unknown>>;
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
  const members = guests.map((it) => ({ ...it, startUnit: () => addUnit(it.node, 'kubelet') }));
  const cluster = await clusterOf(plane, members);
  return {
    ...cluster,
    lab,
    hypervisor,
    nodes,
    server: host.address,
    inventory: {
      hosts: { pve: host.address },
      nfs: { server: host.address, host: 'pve', export: '/export' },
      pve: { hosts: ['pve'], vms: VMS },
      maintenance: {},
    },
    close: async () => {
      await cluster.close();
      await hypervisor.close();
    },
  };
}
