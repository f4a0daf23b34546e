import type { KubeObject } from '../harness/kube-object.ts';
import { OURS, PLAYED } from '../harness/workloads.ts';
import { machineObject } from '../reset/objects.ts';

/** The objects of the cluster of 16 March, as charts and people had written them: what they become is the controllers' work (DOMAIN 1). */

export const DRIVER = 'nfs.csi.k8s.io';
export const CSI_NAMESPACE = 'nfs-csi';
const CLASS = 'nfs-truenas';

/** What the suite plays of a pod: a driver's pod whole, and of a pod with an NFS volume the wait for its mount. */
export const PLAYS = { driver: 'driver', mount: 'mount' } as const;

/** The containers of the driver's pod on a node, with the arguments that the chart gives them (COMMANDS C.1). */
export const DRIVER_CONTAINERS = [
  {
    name: 'liveness-probe',
    args: ['--csi-address=/csi/csi.sock', '--http-endpoint=localhost:29653', '--v=2'],
  },
  { name: 'node-driver-registrar', args: ['--http-endpoint=localhost:19809', '--v=2'] },
  { name: 'nfs', args: ['--nodeid=$(NODE_ID)', '--endpoint=unix:///csi/csi.sock', '--v=5'] },
] as const;

const CONTROLLER_CONTAINERS = [
  { name: 'csi-provisioner' },
  { name: 'csi-resizer' },
  { name: 'csi-snapshotter' },
  { name: 'liveness-probe', args: ['--http-endpoint=localhost:29652'] },
  { name: 'nfs' },
] as const;

export const namespaceObject = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

/** A node whose pods kwok plays, as its kubelet reports it; nothing else than agents comes to the control plane. */
export function nodeOf(facts: Parameters<typeof machineObject>[0]): KubeObject {
  const node = machineObject(facts);
  const taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
  return {
    ...node,
    metadata: { ...node.metadata, annotations: PLAYED },
    ...(facts.controlPlane ? { spec: { taints: [taint] } } : {}),
  };
}

/** What the kubelet of a node has registered before its driver is there. */
export const csiNodeOf = (node: string): KubeObject => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSINode',
  metadata: { name: node },
  spec: { drivers: [] },
});

interface Template {
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly { readonly name: string; readonly args?: readonly string[] }[];
  readonly plays?: string;
  readonly spec?: object;
}

const template = ({ labels, containers, plays, spec = {} }: Template): object => ({
  metadata: { labels, ...(plays === undefined ? {} : { annotations: { [OURS]: plays } }) },
  spec: {
    containers: containers.map((it) => ({ ...it, image: `registry.invalid/${it.name}:1` })),
    ...spec,
  },
});

const EVERYWHERE = { hostNetwork: true, tolerations: [{ operator: 'Exists' }] };

const daemonSet = (namespace: string, name: string, it: Template): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace, name },
  spec: {
    selector: { matchLabels: it.labels },
    template: template({ ...it, spec: { ...it.spec, ...EVERYWHERE } }),
  },
});

const apart = (labels: Readonly<Record<string, string>>): object => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
    ],
  },
});

const notOn = (node: string): object => {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: [node] }];
  const nodeSelectorTerms = [{ matchExpressions }];
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  };
};

/** The driver, its controllers, which stay off one node, its class, and the pod network that comes before it. */
export const driverObjects = (controllersNotOn: string): readonly KubeObject[] => {
  const controllers = { app: 'csi-nfs-controller' };
  return [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: DRIVER },
      spec: { attachRequired: false, fsGroupPolicy: 'File', volumeLifecycleModes: ['Persistent'] },
    },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: CLASS },
      provisioner: DRIVER,
      reclaimPolicy: 'Retain',
      mountOptions: ['nfsvers=4', 'soft', 'timeo=30', 'retrans=3', 'actimeo=5'],
    },
    daemonSet(CSI_NAMESPACE, 'csi-nfs-node', {
      labels: { app: 'csi-nfs-node' },
      containers: DRIVER_CONTAINERS,
      plays: PLAYS.driver,
    }),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: CSI_NAMESPACE, name: 'csi-nfs-controller' },
      spec: {
        replicas: 2,
        selector: { matchLabels: controllers },
        template: template({
          labels: controllers,
          containers: CONTROLLER_CONTAINERS,
          spec: {
            hostNetwork: true,
            affinity: { ...apart(controllers), ...notOn(controllersNotOn) },
          },
        }),
      },
    },
    daemonSet('calico-system', 'calico-node', {
      labels: { 'k8s-app': 'calico-node' },
      containers: [{ name: 'calico-node' }],
    }),
  ];
};

/** A workload that is bound to one node, or would rather be there. */
export interface App {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** How firmly it is bound to that node. */
  readonly bound: 'firmly' | 'by preference';
  /** It has its data on NFS, on a volume called `pv-NAME`. */
  readonly nfs: boolean;
  /** How many of its pods must stay. */
  readonly mustStay: 0 | 1;
}

const placed = ({ node, bound }: App): object => {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }];
  const rather = { weight: 100, preference: { matchExpressions } };
  return bound === 'firmly'
    ? { nodeSelector: { 'kubernetes.io/hostname': node } }
    : { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [rather] } } };
};

const claimSpec = () => ({
  accessModes: ['ReadWriteMany'],
  storageClassName: CLASS,
  resources: { requests: { storage: '10Gi' } },
});

/** The PersistentVolume of an app. */
export const volumeOf = ({ name }: Pick<App, 'name'>): string => `pv-${name}`;

/** A Deployment where it has no data or shares it, with its volume, its claim and its budget. */
export function deploymentOf(app: App, server: string): readonly KubeObject[] {
  const { namespace, name, nfs } = app;
  const labels = { app: name };
  const claim = `${name}-data`;
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: claim } }];
  return [
    ...(nfs ? [volume(app, claim, server), claimObject(app, claim)] : []),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace, name },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: template({
          labels,
          containers: [{ name }],
          ...(nfs ? { plays: PLAYS.mount } : {}),
          spec: { ...placed(app), ...(nfs ? { volumes } : {}) },
        }),
      },
    },
    budget(app),
  ];
}

/** A StatefulSet of one, whose claim its controller makes. */
export function statefulSetOf(app: App, server: string): readonly KubeObject[] {
  const { namespace, name } = app;
  const labels = { app: name };
  return [
    volume(app, `data-${name}-0`, server),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { namespace, name },
      spec: {
        serviceName: name,
        replicas: 1,
        selector: { matchLabels: labels },
        template: template({
          labels,
          containers: [{ name }],
          plays: PLAYS.mount,
          spec: { ...placed(app), terminationGracePeriodSeconds: 30 },
        }),
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec() }],
      },
    },
    budget(app),
  ];
}

const budget = ({ namespace, name, mustStay }: App): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace, name },
  spec: { minAvailable: mustStay, selector: { matchLabels: { app: name } } },
});

const claimObject = ({ namespace, name }: App, claim: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace, name: claim },
  spec: { ...claimSpec(), volumeName: volumeOf({ name }) },
});

/** A volume that waits for its claim: the controller of volumes binds the two. */
const volume = ({ namespace, name }: App, claim: string, server: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: volumeOf({ name }) },
  spec: {
    accessModes: ['ReadWriteMany'],
    storageClassName: CLASS,
    persistentVolumeReclaimPolicy: 'Retain',
    mountOptions: ['nfsvers=4'],
    capacity: { storage: '10Gi' },
    claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim },
    csi: {
      driver: DRIVER,
      volumeHandle: `${server}#export#${volumeOf({ name })}`,
      volumeAttributes: { server, share: '/export', subDir: volumeOf({ name }) },
    },
  },
});
