import type { KubeObject } from '../harness/kube-object.ts';
import { OURS } from '../harness/workloads.ts';

/** The objects of the cluster of 22 April, as Helm, Terraform, the kubelets and the controllers had left them (DOMAIN 1). */

/** Where the NFS server of the volumes would be; nothing answers there. */
export const NFS_SERVER = '10.98.0.9';

/** A node as its kubelet reports it. */
export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  readonly bootId: string;
}

/** A Vault pod on its node. */
export interface PodFacts {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  /** What Vault wrote on its own pod: whether it leads. */
  readonly active: boolean;
}

const namespace = 'vault';
const LABELS = {
  'app.kubernetes.io/name': 'vault',
  'app.kubernetes.io/instance': 'vault',
  component: 'server',
};
const CONTAINERS = [
  { name: 'vault', image: 'hashicorp/vault:1.18.1', args: ['server'] },
  { name: 'auto-unseal', image: 'hashicorp/vault:1.18.1', command: ['/bin/sh', '/unseal.sh'] },
];
const SECURITY = { runAsUser: 100, runAsGroup: 1000, runAsNonRoot: true, fsGroup: 1000 };

/** The labels that Vault keeps on its own pod. */
export const vaultLabels = (active: boolean): Readonly<Record<string, string>> => ({
  'vault-active': String(active),
  'vault-initialized': 'true',
  'vault-sealed': 'false',
  'vault-version': '1.18.1',
});

export function nodeObject({ name, address, bootId }: NodeFacts): KubeObject {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status: {
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: name },
      ],
      conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      capacity: { cpu: '8', memory: '32Gi', pods: '110' },
      allocatable: { cpu: '8', memory: '32Gi', pods: '110' },
      nodeInfo: {
        bootID: bootId,
        systemUUID: `4c4c4544-0000-4000-8000-${bootId.slice(-12)}`,
        machineID: 'c0ffee00c0ffee00c0ffee00c0ffee00',
        kernelVersion: '6.1.0',
        osImage: 'Ubuntu 24.04',
        containerRuntimeVersion: 'containerd://1.7.24',
        kubeletVersion: 'v1.34.1',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  };
}

export const leaseObject = (node: string): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: node, namespace: 'kube-node-lease' },
  spec: {
    holderIdentity: node,
    leaseDurationSeconds: 40,
    renewTime: `${new Date().toISOString().slice(0, -1)}000Z`,
  },
});

/** What stands around the pods: namespaces, the StatefulSet, the active Service, the unseal key, kured without a lock. */
export function surroundings(): readonly KubeObject[] {
  // What a kubelet does of these pods is the suite's.
  const metadata = { labels: LABELS, annotations: { [OURS]: 'vault' } };
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: LABELS } },
    ],
  };
  const daemon = { app: 'kured' };
  return [
    ...['vault', 'kured', 'kube-node-lease'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'vault', namespace },
      spec: {
        serviceName: 'vault-internal',
        replicas: 3,
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'OnDelete' },
        selector: { matchLabels: LABELS },
        template: {
          metadata,
          spec: {
            terminationGracePeriodSeconds: 10,
            affinity: { podAntiAffinity },
            securityContext: SECURITY,
            containers: CONTAINERS,
          },
        },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec() }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'vault-active', namespace },
      spec: {
        selector: { ...LABELS, 'vault-active': 'true' },
        publishNotReadyAddresses: true,
        ports: [{ name: 'http', port: 8200 }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'vault-unseal-key', namespace },
      stringData: { key: 'not-a-real-unseal-key' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kured', namespace: 'kured' },
      spec: {
        selector: { matchLabels: daemon },
        template: {
          metadata: { labels: daemon },
          spec: { containers: [{ name: 'kured', image: 'ghcr.io/kubereboot/kured:1.16.0' }] },
        },
      },
    },
  ];
}

/** The claim of a pod and its volume on NFS, made for each other: the controller of volumes binds the two. */
export function storageOf(pod: string): readonly KubeObject[] {
  const claim = `data-${pod}`;
  const volume = volumeOf(pod);
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'nfs-csi',
        persistentVolumeReclaimPolicy: 'Retain',
        mountOptions: ['nfsvers=4.2', 'hard'],
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: claim, namespace },
        csi: {
          driver: 'nfs.csi.k8s.io',
          volumeHandle: `${NFS_SERVER}#export#${volume}`,
          volumeAttributes: { server: NFS_SERVER, share: '/export', subDir: volume },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace },
      spec: { ...claimSpec(), volumeName: volume },
    },
  ];
}

/** The same, where the volume binds the pod to this node. */
export const placed = (pod: string, node: string): readonly KubeObject[] =>
  storageOf(pod).map((object) =>
    object.kind === 'PersistentVolume'
      ? { ...object, spec: { ...(object['spec'] as object), nodeAffinity: onlyOn(node) } }
      : object,
  );

const onlyOn = (node: string): object => ({
  required: {
    nodeSelectorTerms: [
      { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
    ],
  },
});

export const volumeOf = (pod: string): string => `pv-${pod}`;

const claimSpec = () => ({
  accessModes: ['ReadWriteOnce'],
  storageClassName: 'nfs-csi',
  resources: { requests: { storage: '10Gi' } },
});

/** A pod that runs; `owner` is the UID of its StatefulSet. */
export function podObject({ name, node, ip, active }: PodFacts, owner: string): KubeObject {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const holds = (type: string) => ({ type, status: 'True', lastTransitionTime: now });
  const ofSet = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'vault', uid: owner };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { ...LABELS, ...vaultLabels(active), 'statefulset.kubernetes.io/pod-name': name },
      ownerReferences: [{ ...ofSet, controller: true, blockOwnerDeletion: true }],
    },
    spec: {
      nodeName: node,
      hostname: name,
      subdomain: 'vault-internal',
      terminationGracePeriodSeconds: 10,
      securityContext: SECURITY,
      containers: CONTAINERS,
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: `data-${name}` } }],
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      startTime: now,
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(holds),
      containerStatuses: CONTAINERS.map(({ name: container, image }) => ({
        name: container,
        image,
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    },
  };
}

/** What is behind the active Service: the one pod that labelled itself active. */
export const activeEndpoints = (pod: string, ip: string, uid: string): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'vault-active-x1',
    namespace,
    labels: { 'kubernetes.io/service-name': 'vault-active' },
  },
  addressType: 'IPv4',
  endpoints: [
    {
      addresses: [ip],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name: pod, namespace, uid },
    },
  ],
  ports: [{ name: 'http', port: 8200, protocol: 'TCP' }],
});
