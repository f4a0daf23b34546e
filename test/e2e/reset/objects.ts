import type { KubeObject } from '../harness/kube-object.ts';
import { daemonSet, nfsClass } from '../harness/workload-objects.ts';
import { PLAYED } from '../harness/workloads.ts';
import { nodeObject, type NodeFacts } from '../incident/objects.ts';

/** The objects of a small cluster that are not its workloads' own. */

const DRIVER = 'nfs.csi.k8s.io';
const ROLE = 'node-role.kubernetes.io/control-plane';

/**
 * A node with the SMBIOS UUID of its machine, whose pods kwok plays; the control plane carries its role, and nothing else than
 * agents comes to it.
 */
export function machineObject(
  facts: NodeFacts & { readonly uuid: string; readonly controlPlane: boolean },
): KubeObject {
  const node = nodeObject(facts);
  const { nodeInfo, ...status } = node['status'] as { readonly nodeInfo: object };
  const { labels, ...metadata } = node.metadata;
  const { controlPlane } = facts;
  return {
    ...node,
    metadata: {
      ...metadata,
      annotations: PLAYED,
      labels: { ...labels, ...(controlPlane ? { [ROLE]: '' } : {}) },
    },
    ...(controlPlane ? { spec: { taints: [{ key: ROLE, effect: 'NoSchedule' }] } } : {}),
    status: { ...status, nodeInfo: { ...nodeInfo, systemUUID: facts.uuid } },
  };
}

/** The drivers that a node's kubelet has registered. */
export const csiNodeObject = (node: string, drivers: readonly string[]): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSINode',
  metadata: { name: node },
  spec: { drivers: drivers.map((name) => ({ name, nodeID: node, topologyKeys: null })) },
});

/** The driver and the pod network, on every node. */
export const agents: readonly KubeObject[] = [
  ...nfsClass,
  daemonSet('kube-system', 'csi-nfs-node', {
    labels: { app: 'csi-nfs-node' },
    containers: [
      { name: 'liveness-probe', args: ['--http-endpoint=localhost:29653'] },
      { name: 'node-driver-registrar', args: ['--http-endpoint=localhost:19809'] },
      { name: 'nfs' },
    ],
  }),
  daemonSet('calico-system', 'calico-node', {
    labels: { 'k8s-app': 'calico-node' },
    containers: [{ name: 'calico-node' }],
  }),
];

/** What a node's kubelet has registered where all is well. */
export const registered = (node: string): KubeObject => csiNodeObject(node, [DRIVER]);
