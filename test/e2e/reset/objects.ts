import type { KubeObject } from '../harness/kube-object.ts';
import { nodeObject, type NodeFacts } from '../incident/objects.ts';

/** The objects of a small cluster: agents on every node, an application that can move, and two that cannot. */

const DRIVER = 'nfs.csi.k8s.io';
const CONTROL_PLANE = { 'node-role.kubernetes.io/control-plane': '' };

/** What is owned, by the API that owns it. */
export interface Owner {
  readonly kind: 'DaemonSet' | 'ReplicaSet' | 'StatefulSet';
  readonly name: string;
  readonly uid: string;
}

/** A pod that runs on a node. */
export interface PodSpec {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly { readonly name: string; readonly args?: readonly string[] }[];
  readonly hostNetwork?: boolean;
  readonly claim?: string;
}

/** A node with the SMBIOS UUID of its machine; the control plane carries its role. */
export function machineObject(
  facts: NodeFacts & { readonly uuid: string; readonly controlPlane: boolean },
): KubeObject {
  const node = nodeObject(facts);
  const { nodeInfo, ...status } = node['status'] as { readonly nodeInfo: object };
  const { labels, ...metadata } = node.metadata;
  return {
    ...node,
    metadata: { ...metadata, labels: { ...labels, ...(facts.controlPlane ? CONTROL_PLANE : {}) } },
    status: { ...status, nodeInfo: { ...nodeInfo, systemUUID: facts.uuid } },
  };
}

/** The drivers that a node's kubelet has registered. */
export const csiNodeObject = (node: string): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSINode',
  metadata: { name: node },
  spec: { drivers: [{ name: DRIVER, nodeID: node, topologyKeys: null }] },
});

/** A pod of the driver, with the arguments that the chart gives it (COMMANDS C.1). */
export const driverPod = (node: string): PodSpec => ({
  namespace: 'kube-system',
  name: `csi-nfs-node-${node.slice(-5)}`,
  node,
  labels: { app: 'csi-nfs-node' },
  hostNetwork: true,
  containers: [
    {
      name: 'liveness-probe',
      args: ['--csi-address=/csi/csi.sock', '--http-endpoint=localhost:29653'],
    },
    { name: 'node-driver-registrar', args: ['--http-endpoint=localhost:19809'] },
    { name: 'nfs', args: [`--nodeid=${node}`, '--endpoint=unix:///csi/csi.sock'] },
  ],
});

export const networkPod = (node: string): PodSpec => ({
  namespace: 'calico-system',
  name: `calico-node-${node.slice(-5)}`,
  node,
  labels: { 'k8s-app': 'calico-node' },
  hostNetwork: true,
  containers: [{ name: 'calico-node' }],
});

/** A pod object; its status says that it runs and is ready. */
export function podOf(spec: PodSpec, owner: Owner): KubeObject {
  const { namespace, name, node, labels, containers, hostNetwork = false, claim } = spec;
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const holds = (type: string) => ({ type, status: 'True', lastTransitionTime: now });
  const volume = { name: 'data', persistentVolumeClaim: { claimName: claim } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      labels,
      ownerReferences: [
        { apiVersion: 'apps/v1', ...owner, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      nodeName: node,
      hostNetwork,
      containers: containers.map((it) => ({ ...it, image: `registry.invalid/${it.name}:1` })),
      ...(claim === undefined ? {} : { volumes: [volume] }),
    },
    status: {
      phase: 'Running',
      startTime: now,
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(holds),
      containerStatuses: containers.map((it) => ({
        name: it.name,
        image: `registry.invalid/${it.name}:1`,
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    },
  };
}

/** A DaemonSet as its controller counts it, with a pod on every node. */
export function daemonSet(spec: PodSpec, nodes: number): KubeObject {
  const counts = {
    desiredNumberScheduled: nodes,
    currentNumberScheduled: nodes,
    updatedNumberScheduled: nodes,
    numberAvailable: nodes,
    numberReady: nodes,
    numberMisscheduled: 0,
  };
  const name = spec.namespace === 'kube-system' ? 'csi-nfs-node' : 'calico-node';
  return { ...workload('DaemonSet', { ...spec, name }), status: counts };
}

/** A workload of apps/v1, all of whose replicas are ready. */
export function replicas(
  kind: 'ReplicaSet' | 'StatefulSet',
  spec: PodSpec,
  count: number,
): KubeObject {
  const it = workload(kind, spec);
  const set = kind === 'StatefulSet' ? { serviceName: spec.name } : {};
  return {
    ...it,
    spec: { ...(it['spec'] as object), ...set, replicas: count },
    status: { replicas: count, readyReplicas: count },
  };
}

function workload(kind: Owner['kind'], spec: PodSpec): KubeObject {
  const { namespace, name, labels, containers } = spec;
  const images = containers.map((it) => ({ ...it, image: `registry.invalid/${it.name}:1` }));
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace, name },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: images } },
    },
  };
}

/** A disruption budget as its controller last counted it: an eviction is held to `allowed`. */
export const budget = (
  { namespace, name, labels }: Pick<PodSpec, 'namespace' | 'name' | 'labels'>,
  allowed: number,
): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace, name },
  spec: { minAvailable: 1, selector: { matchLabels: labels } },
  status: {
    observedGeneration: 1,
    disruptionsAllowed: allowed,
    currentHealthy: 1 + allowed,
    desiredHealthy: 1,
    expectedPods: 1 + allowed,
  },
});

/** The claim of a pod on NFS, and its volume. */
export function nfsStorage(
  namespace: string,
  claim: string,
  server: string,
): readonly KubeObject[] {
  const size = { storage: '10Gi' };
  const common = { accessModes: ['ReadWriteOnce'], storageClassName: 'nfs-csi' };
  const name = `pv-${claim}`;
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        ...common,
        capacity: size,
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim },
        csi: {
          driver: DRIVER,
          volumeHandle: `${server}#export#${name}`,
          volumeAttributes: { server, share: '/export', subDir: name },
        },
      },
      status: { phase: 'Bound' },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: claim },
      spec: { ...common, volumeName: name, resources: { requests: size } },
      status: { phase: 'Bound', accessModes: common.accessModes, capacity: size },
    },
  ];
}
