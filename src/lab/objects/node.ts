import { uuid } from '../chance.ts';
import type { Node, World } from '../world.ts';
import { microStamp, stamp } from './when.ts';

/** Nodes and their leases as the API server shows them. */

/** A kubelet renews its lease about every 10 s (COMMANDS D.3). */
const renewed = (world: World, node: Node): number =>
  node.kubelet === 'running'
    ? Math.floor(world.at / 10_000) * 10_000 - (node.bootedAt % 1000)
    : node.kubeletSince;

/** The node controller needs about 40 s to notice (COMMANDS D.3). */
const NOTICED_AFTER_MS = 40_000;

/** The Ready condition, as the node controller has it. */
export const nodeReady = (world: World, node: Node): 'True' | 'Unknown' =>
  (node.kubelet === 'running' && node.power === 'on') ||
  world.at - node.kubeletSince < NOTICED_AFTER_MS
    ? 'True'
    : 'Unknown';

/** A node as `GET /api/v1/nodes/NAME` shows it. */
export const nodeObject = (world: World, node: Node): object => ({
  kind: 'Node',
  apiVersion: 'v1',
  metadata: {
    name: node.name,
    uid: uuid(world.seed, 'node', node.name),
    creationTimestamp: stamp(Date.UTC(2024, 10, 2)),
    labels: {
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': node.name,
      'kubernetes.io/os': 'linux',
      ...(node.controlPlane ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
    },
  },
  spec: node.unschedulable ? { unschedulable: true } : {},
  status: {
    capacity: { cpu: '16', memory: '32868300Ki', pods: '110' },
    allocatable: { cpu: '16', memory: '32765900Ki', pods: '110' },
    conditions: [
      {
        type: 'Ready',
        status: nodeReady(world, node),
        reason: nodeReady(world, node) === 'True' ? 'KubeletReady' : 'NodeStatusUnknown',
        lastHeartbeatTime: stamp(renewed(world, node)),
        lastTransitionTime: stamp(node.bootedAt + node.kubeletStart * 10),
      },
    ],
    addresses: [
      { type: 'InternalIP', address: node.address },
      { type: 'Hostname', address: node.name },
    ],
    nodeInfo: {
      machineID: node.systemUuid.replaceAll('-', ''),
      systemUUID: node.systemUuid,
      bootID: node.reportedBootId,
      kernelVersion: '6.8.0-106-generic',
      osImage: 'Ubuntu 24.04.4 LTS',
      containerRuntimeVersion: 'containerd://2.1.6',
      kubeletVersion: 'v1.34.2',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  },
});

/** A node's lease in `kube-node-lease`. */
export const leaseObject = (world: World, node: Node): object => ({
  kind: 'Lease',
  apiVersion: 'coordination.k8s.io/v1',
  metadata: { name: node.name, namespace: 'kube-node-lease' },
  spec: {
    holderIdentity: node.name,
    leaseDurationSeconds: 40,
    renewTime: microStamp(renewed(world, node)),
  },
});
