import type { KubeObject } from '../harness/kube-object.ts';
import type { Right } from '../harness/rights.ts';
import { registered } from '../reset/objects.ts';

/** What stands beside the raft, so that every list has something in it. */

const NOW = '2026-04-22T10:00:00Z';

/** What the questions read and change beyond the rights of one runbook. */
export const MORE_RIGHTS: readonly Right[] = [
  { namespace: 'vault', groups: ['apps'], resources: ['statefulsets'], verbs: ['get', 'patch'] },
  { namespace: 'vault', resources: ['pods/log'], verbs: ['get'] },
  { namespace: 'vault', resources: ['pods/exec'], verbs: ['create', 'get'] },
  { namespace: 'vault', resources: ['secrets'], verbs: ['get'] },
  { namespace: 'nfs-csi', groups: ['apps'], resources: ['daemonsets'], verbs: ['get'] },
  { namespace: 'k8s-upgrade', groups: ['batch'], resources: ['jobs'], verbs: ['list'] },
  { resources: ['nodes'], verbs: ['patch'] },
  { resources: ['events', 'persistentvolumeclaims'], verbs: ['list'] },
  { resources: ['pods/eviction'], verbs: ['create'] },
  { groups: ['apps'], resources: ['deployments', 'statefulsets', 'replicasets'], verbs: ['list'] },
  { groups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
  { groups: ['storage.k8s.io'], resources: ['csinodes'], verbs: ['get', 'list'] },
  { groups: ['storage.k8s.io'], resources: ['volumeattachments'], verbs: ['list'] },
  { groups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create'] },
];

const WEB = { namespace: 'apps', name: 'web', labels: { app: 'web' } } as const;

/** A pod template of an application. */
const template = {
  selector: { matchLabels: WEB.labels },
  template: {
    metadata: { labels: WEB.labels },
    spec: { containers: [{ name: 'web', image: 'registry.invalid/web:1' }] },
  },
};

/** Everything but what needs the UID of something else. */
export function beside(nodes: readonly string[], vaultUid: string): readonly KubeObject[] {
  return [
    ...['nfs-csi', 'k8s-upgrade', 'apps'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    ...nodes.map(csiNode),
    driverSet(nodes.length),
    deployment,
    attachment(nodes[0] ?? ''),
    vaultBudget,
    webBudget,
    failedMount(vaultUid),
  ];
}

/** The ReplicaSet of the Deployment. */
export const replicaSet = (deploymentUid: string): KubeObject => {
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: deploymentUid };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace: WEB.namespace,
      name: 'web-7d9f',
      labels: WEB.labels,
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    },
    spec: { replicas: 2, ...template },
    status: { replicas: 2, readyReplicas: 2 },
  };
};

const webBudget: KubeObject = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace: WEB.namespace, name: WEB.name },
  spec: { minAvailable: 1, selector: { matchLabels: WEB.labels } },
  status: {
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
  },
};

/** With a driver of block volumes beside that of NFS. */
function csiNode(node: string): KubeObject {
  const it = registered(node);
  const { drivers } = it['spec'] as { readonly drivers: readonly object[] };
  const block = {
    name: 'csi.proxmox.sinextra.dev',
    nodeID: node,
    topologyKeys: ['topology.kubernetes.io/zone'],
    allocatable: { count: 28 },
  };
  return { ...it, spec: { drivers: [...drivers, block] } };
}

const driverSet = (count: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace: 'nfs-csi', name: 'csi-nfs-node' },
  spec: {
    selector: { matchLabels: { app: 'csi-nfs-node' } },
    template: {
      metadata: { labels: { app: 'csi-nfs-node' } },
      spec: { containers: [{ name: 'nfs', image: 'registry.invalid/nfs:1' }] },
    },
  },
  status: {
    currentNumberScheduled: count,
    desiredNumberScheduled: count,
    numberAvailable: count,
    numberMisscheduled: 0,
    numberReady: count,
    observedGeneration: 1,
    updatedNumberScheduled: count,
  },
});

const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: WEB.namespace, name: WEB.name, labels: WEB.labels },
  spec: { replicas: 2, ...template },
  status: {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
  },
};

const attachment = (node: string): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttachment',
  metadata: { name: 'csi-0000' },
  spec: {
    attacher: 'csi.proxmox.sinextra.dev',
    nodeName: node,
    source: { persistentVolumeName: 'pv-vault-0' },
  },
  status: { attached: true },
});

/** Of three pods one may go. */
export const vaultBudget: KubeObject = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace: 'vault', name: 'vault' },
  spec: { maxUnavailable: 1, selector: { matchLabels: { 'app.kubernetes.io/name': 'vault' } } },
  status: {
    observedGeneration: 1,
    disruptionsAllowed: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
  },
};

/** As the kubelet's recorder writes it. */
const failedMount = (uid: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { namespace: 'vault', name: 'vault-2.18a8' },
  involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'vault', name: 'vault-2', uid },
  reason: 'FailedMount',
  message:
    'MountVolume.SetUp failed for volume "pv-vault-2" : rpc error: code = DeadlineExceeded desc = context deadline exceeded',
  type: 'Warning',
  source: { component: 'kubelet', host: 'k8s-node3' },
  reportingComponent: 'kubelet',
  reportingInstance: 'k8s-node3',
  firstTimestamp: NOW,
  lastTimestamp: NOW,
  count: 3,
});
