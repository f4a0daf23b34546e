import { listAttachments } from '../../../src/tools/kubectl/attachments.ts';
import { listAllBudgets } from '../../../src/tools/kubectl/budgets.ts';
import { listAllClaims, listClaims, listVolumes } from '../../../src/tools/kubectl/claims.ts';
import { getCsiNode, listCsiNodes } from '../../../src/tools/kubectl/csi-nodes.ts';
import { getDaemonSet } from '../../../src/tools/kubectl/daemon-sets.ts';
import { endpointsOf } from '../../../src/tools/kubectl/endpoints.ts';
import { failedMounts, podEvents } from '../../../src/tools/kubectl/events.ts';
import { nodeLease } from '../../../src/tools/kubectl/leases.ts';
import { podLogs } from '../../../src/tools/kubectl/logs.ts';
import { activeJobs, kuredLock } from '../../../src/tools/kubectl/maintenance.ts';
import { getNode, listNodes } from '../../../src/tools/kubectl/nodes.ts';
import { getPod, listAllPods, listPods, podsOnNode } from '../../../src/tools/kubectl/pods.ts';
import { apiReady } from '../../../src/tools/kubectl/ready.ts';
import { secretExists } from '../../../src/tools/kubectl/secrets.ts';
import { getStatefulSet } from '../../../src/tools/kubectl/statefulset.ts';
import { listWorkloads } from '../../../src/tools/kubectl/workloads.ts';
import type { Cases, InLab } from '../case.ts';
import { KUBELET, OF_SET, SLICES } from './suite-lacks.ts';

const HEALTHY: InLab = { scenario: 'healthy' };
const inLists = (more: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(more).map(([path, why]) => [`.items[]${path}`, why]));
const PODS: InLab = { scenario: 'healthy', more: inLists(KUBELET) };
const NONE = 'nothing.of.the.name';
const FAILED_MOUNT: InLab = {
  scenario: 'healthy',
  world: (world) => ({
    ...world,
    events: world.pods
      .filter(({ name }) => name === 'vault-2')
      .map(({ uid, name, namespace, node }) => ({
        namespace,
        host: node,
        podUid: uid,
        pod: name,
        type: 'Warning',
        reason: 'FailedMount',
        message: 'MountVolume.SetUp failed for volume "pv" : rpc error',
        first: world.at,
        last: world.at,
        count: 3,
      })),
  }),
};
const NO_KUBELET: InLab = {
  scenario: 'healthy',
  world: (world) => ({
    ...world,
    nodes: world.nodes.map((it) => (it.name === 'k8s-node2' ? { ...it, kubelet: 'down' } : it)),
  }),
};

/** What is read of the API server while all is well, or what is asked for is not there. */
export const KUBERNETES_READS = {
  ready: {
    about: 'the API server is ready',
    asks: ({ site }) => apiReady(site.cluster),
    means: { ok: true, value: 'ready' },
    lab: HEALTHY,
  },
  nodes: {
    about: 'nodes that are Ready',
    asks: ({ site }) => listNodes(site.cluster),
    means: { ok: true },
    lab: HEALTHY,
  },
  node: {
    about: 'a node that is Ready',
    asks: ({ site }) => getNode(site.cluster, 'k8s-node2'),
    means: { ok: true, value: { name: 'k8s-node2', unschedulable: false } },
    lab: HEALTHY,
  },
  'node-missing': {
    about: 'no node of that name',
    asks: ({ site }) => getNode(site.cluster, NONE),
    means: { ok: true, value: undefined },
    lab: HEALTHY,
  },
  'pods-of-vault': {
    about: 'pods that a selector picks in a namespace',
    asks: ({ site }) => listPods(site.cluster, 'vault', site.vault.selector),
    means: { ok: true, value: [{ name: 'vault-0' }, { name: 'vault-1' }, { name: 'vault-2' }] },
    lab: PODS,
  },
  pod: {
    about: 'a pod that runs and is ready',
    asks: ({ site, pod }) => getPod(site.cluster, pod('vault-1')),
    means: { ok: true, value: { name: 'vault-1', namespace: 'vault', phase: 'Running' } },
    lab: { scenario: 'healthy', more: KUBELET },
  },
  'pod-missing': {
    about: 'no pod of that name',
    asks: ({ site }) => getPod(site.cluster, { namespace: 'vault', name: NONE }),
    means: { ok: true, value: undefined },
    lab: HEALTHY,
  },
  'pods-on-node': {
    about: 'pods that a field selector picks',
    asks: ({ site }) => podsOnNode(site.cluster, 'k8s-node2'),
    means: { ok: true },
    lab: PODS,
  },
  'all-pods': {
    about: 'pods of all namespaces',
    asks: ({ site }) => listAllPods(site.cluster),
    means: { ok: true },
    lab: PODS,
  },
  'endpoint-slices': {
    about: 'a Service with one endpoint',
    asks: ({ site }) => endpointsOf(site.cluster, 'vault', 'vault-active'),
    means: { ok: true, value: [{ ready: true }] },
    lab: { scenario: 'healthy', more: inLists(SLICES) },
  },
  claims: {
    about: 'claims that are bound',
    asks: ({ site }) => listClaims(site.cluster, 'vault'),
    means: { ok: true },
    lab: HEALTHY,
  },
  'all-claims': {
    about: 'claims of all namespaces',
    asks: ({ site }) => listAllClaims(site.cluster),
    means: { ok: true },
    lab: HEALTHY,
  },
  volumes: {
    about: 'volumes of a CSI driver',
    asks: ({ site }) => listVolumes(site.cluster),
    means: { ok: true },
    lab: {
      scenario: 'healthy',
      more: { '.items[].spec.csi.fsType': 'the suite has no block volume' },
    },
  },
  statefulset: {
    about: 'a StatefulSet',
    asks: ({ site }) => getStatefulSet(site.cluster, 'vault', 'vault'),
    means: {
      ok: true,
      value: { name: 'vault', replicas: 3, updateStrategy: 'OnDelete', podManagement: 'Parallel' },
    },
    lab: { scenario: 'healthy', more: OF_SET },
  },
  'statefulset-missing': {
    about: 'no StatefulSet of that name',
    asks: ({ site }) => getStatefulSet(site.cluster, 'vault', NONE),
    means: { ok: true, value: undefined },
    lab: HEALTHY,
  },
  kured: {
    about: "kured's DaemonSet, not locked",
    asks: ({ site }) => kuredLock(site.cluster, { namespace: 'kured', daemonSet: 'kured' }),
    means: { ok: true, value: { held: false } },
    lab: HEALTHY,
  },
  daemonset: {
    about: 'a DaemonSet as its controller counts it',
    asks: ({ site }) => getDaemonSet(site.cluster, 'nfs-csi', 'csi-nfs-node'),
    means: { ok: true, value: { namespace: 'nfs-csi', name: 'csi-nfs-node' } },
    lab: HEALTHY,
  },
  'daemonset-missing': {
    about: 'no DaemonSet of that name',
    asks: ({ site }) => getDaemonSet(site.cluster, 'nfs-csi', NONE),
    means: { ok: true, value: undefined },
    lab: HEALTHY,
  },
  jobs: {
    about: 'a namespace without jobs',
    asks: ({ site }) => activeJobs(site.cluster, 'k8s-upgrade'),
    means: { ok: true, value: [] },
    lab: HEALTHY,
  },
  'node-lease': {
    about: 'the heartbeat of a node',
    asks: ({ site }) => nodeLease(site.cluster, 'k8s-node2'),
    means: { ok: true },
    lab: HEALTHY,
  },
  'node-lease-missing': {
    about: 'no heartbeat of a node of that name',
    asks: ({ site }) => nodeLease(site.cluster, NONE),
    means: { ok: true, value: undefined },
    lab: HEALTHY,
  },
  'pod-events': {
    about: 'a pod with an event',
    asks: ({ site }) => podEvents(site.cluster, 'vault', 'vault-2'),
    means: { ok: true, value: [{ reason: 'FailedMount' }] },
    assumed: 'the event itself, which a kubelet writes',
    lab: FAILED_MOUNT,
  },
  'failed-mounts': {
    about: 'a mount that failed',
    asks: ({ site }) => failedMounts(site.cluster),
    means: { ok: true, value: [{ namespace: 'vault', pod: 'vault-2' }] },
    assumed: 'the event itself, which a kubelet writes',
    lab: FAILED_MOUNT,
  },
  secret: {
    about: 'a secret that is there',
    asks: ({ site }) => secretExists(site.cluster, 'vault', 'vault-unseal-key'),
    means: { ok: true, value: true },
    lab: HEALTHY,
  },
  'secret-missing': {
    about: 'no secret of that name',
    asks: ({ site }) => secretExists(site.cluster, 'vault', NONE),
    means: { ok: true, value: false },
    lab: HEALTHY,
  },
  'all-budgets': {
    about: 'disruption budgets as their controller counts them',
    asks: ({ site }) => listAllBudgets(site.cluster),
    means: { ok: true },
    lab: HEALTHY,
  },
  'csi-nodes': {
    about: 'the drivers that kubelets registered',
    asks: ({ site }) => listCsiNodes(site.cluster),
    means: { ok: true },
    lab: HEALTHY,
  },
  'csi-node': {
    about: 'the drivers of a node',
    asks: ({ site }) => getCsiNode(site.cluster, 'k8s-node2'),
    means: {
      ok: true,
      value: {
        name: 'k8s-node2',
        drivers: [{ name: 'nfs.csi.k8s.io' }, { name: 'csi.proxmox.sinextra.dev' }],
      },
    },
    lab: HEALTHY,
  },
  'csi-node-missing': {
    about: 'no node of that name',
    asks: ({ site }) => getCsiNode(site.cluster, NONE),
    means: { ok: true, value: undefined },
    lab: HEALTHY,
  },
  attachments: {
    about: 'a volume that is attached',
    asks: ({ site }) => listAttachments(site.cluster),
    means: { ok: true },
    lab: HEALTHY,
  },
  deployments: {
    about: 'a Deployment',
    asks: ({ site }) => listWorkloads(site.cluster, 'deployments'),
    means: { ok: true },
    lab: HEALTHY,
  },
  replicasets: {
    about: 'a ReplicaSet of a Deployment',
    asks: ({ site }) => listWorkloads(site.cluster, 'replicasets'),
    means: { ok: true },
    lab: HEALTHY,
  },
  statefulsets: {
    about: 'StatefulSets of all namespaces',
    asks: ({ site }) => listWorkloads(site.cluster, 'statefulsets'),
    means: { ok: true },
    lab: { scenario: 'healthy', more: inLists(OF_SET) },
  },
  'log-no-kubelet': {
    about: 'the log of a pod on a node where no kubelet listens',
    asks: ({ site, pod }) => podLogs(site.cluster, pod('vault-2'), 'vault', 5),
    means: { ok: false, why: 'unreachable' },
    lab: NO_KUBELET,
  },
  'log-pod-missing': {
    about: 'the log of a pod that is not there',
    asks: ({ site }) => podLogs(site.cluster, { namespace: 'vault', name: NONE }, 'vault', 5),
    means: { ok: false, why: 'exit' },
    lab: HEALTHY,
  },
} as const satisfies Cases;
