import type { KubeObject } from './kube-object.ts';
import { OURS } from './workloads.ts';

/** Workloads as charts and people write them: what they become is the controllers' work. */

/** What the containers of a pod are called and told. */
export interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly { readonly name: string; readonly args?: readonly string[] }[];
  /** What of its pods the suite plays, and not kwok: the value of their annotation `OURS`. */
  readonly plays?: string | undefined;
  /** Further fields of the pod's spec. */
  readonly spec?: object;
}

/** A workload with a budget of its own, and with data on NFS where it has any. */
export interface App {
  readonly namespace: string;
  readonly name: string;
  /** Where it is bound to, or would rather be. */
  readonly nodes: readonly string[];
  readonly bound: 'firmly' | 'by preference';
  /** One, when not said; several are kept apart. */
  readonly replicas?: number;
  /** It has its data on NFS, on a volume called `pv-NAME`. */
  readonly nfs?: boolean;
  /** How many of its pods must stay: nothing may go where that is all of them. */
  readonly mustStay: number;
  readonly plays?: string;
}

/** A namespace. */
export const namespaceObject = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

/** A template of pods, as workloads carry it. */
const template = ({ labels, containers, plays, spec = {} }: PodTemplate): object => ({
  metadata: { labels, ...(plays === undefined ? {} : { annotations: { [OURS]: plays } }) },
  spec: {
    containers: containers.map((it) => ({ ...it, image: `registry.invalid/${it.name}:1` })),
    ...spec,
  },
});

const EVERYWHERE = { hostNetwork: true, tolerations: [{ operator: 'Exists' }] };

/** A pod on the network of every node, whatever its taints. */
export const daemonSet = (namespace: string, name: string, it: PodTemplate): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace, name },
  spec: {
    selector: { matchLabels: it.labels },
    template: template({ ...it, spec: { ...it.spec, ...EVERYWHERE } }),
  },
});

/** Stateless pods, as many as said. */
export const deployment = (
  namespace: string,
  name: string,
  replicas: number,
  it: PodTemplate,
): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: { replicas, selector: { matchLabels: it.labels }, template: template(it) },
});

const hostnames = (operator: 'In' | 'NotIn', values: readonly string[]) => ({
  matchExpressions: [{ key: 'kubernetes.io/hostname', operator, values }],
});

/** An affinity: never two of them on one node. */
export const apart = (labels: Readonly<Record<string, string>>) => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
    ],
  },
});

/** An affinity: not on this node. */
export const notOn = (node: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [hostnames('NotIn', [node])],
    },
  },
});

const bound = ({ bound: how, nodes }: App) =>
  how === 'firmly'
    ? {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [hostnames('In', nodes)],
        },
      }
    : {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, preference: hostnames('In', nodes) },
        ],
      };

const labelsOf = ({ name }: App) => ({ app: name });

const podOf = (app: App, more: object): PodTemplate => {
  const { name, replicas = 1, plays } = app;
  const labels = labelsOf(app);
  const affinity = { nodeAffinity: bound(app), ...(replicas > 1 ? apart(labels) : {}) };
  return { labels, containers: [{ name }], plays, spec: { affinity, ...more } };
};

/** A Deployment with its budget, and its volume and claim where it has data. */
export function deploymentOf(app: App, server: string): readonly KubeObject[] {
  const { namespace, name, replicas = 1, nfs = false } = app;
  const claim = `${name}-data`;
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: claim } }];
  return [
    ...(nfs ? [volume(app, claim, server), claimObject(app, claim)] : []),
    deployment(namespace, name, replicas, podOf(app, nfs ? { volumes } : {})),
    budget(app),
  ];
}

/** A StatefulSet of one with its budget and its volume; its claim is made by its controller. */
export function statefulSetOf(app: App, server: string): readonly KubeObject[] {
  const { namespace, name } = app;
  return [
    volume(app, `data-${name}-0`, server),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { namespace, name },
      spec: {
        serviceName: name,
        replicas: 1,
        selector: { matchLabels: labelsOf(app) },
        template: template(podOf(app, { terminationGracePeriodSeconds: 30 })),
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: CLAIM }],
      },
    },
    budget(app),
  ];
}

const budget = (app: App): KubeObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { namespace: app.namespace, name: app.name },
  spec: { minAvailable: app.mustStay, selector: { matchLabels: labelsOf(app) } },
});

const DRIVER = 'nfs.csi.k8s.io';
const CLASS = 'nfs-truenas';

/** The NFS driver and its class. */
export const nfsClass: readonly KubeObject[] = [
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
];

const CLAIM = {
  accessModes: ['ReadWriteMany'],
  storageClassName: CLASS,
  resources: { requests: { storage: '10Gi' } },
};

/** The PersistentVolume of an app. */
export const volumeOf = ({ name }: Pick<App, 'name'>): string => `pv-${name}`;

const claimObject = (app: App, name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: app.namespace, name },
  spec: { ...CLAIM, volumeName: volumeOf(app) },
});

/** A volume that waits for its claim: the controller of volumes binds the two. */
const volume = (app: App, claim: string, server: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: volumeOf(app) },
  spec: {
    accessModes: CLAIM.accessModes,
    storageClassName: CLASS,
    persistentVolumeReclaimPolicy: 'Retain',
    mountOptions: ['nfsvers=4'],
    capacity: CLAIM.resources.requests,
    claimRef: {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      namespace: app.namespace,
      name: claim,
    },
    csi: {
      driver: DRIVER,
      volumeHandle: `${server}#export#${volumeOf(app)}`,
      volumeAttributes: { server, share: '/export', subDir: volumeOf(app) },
    },
  },
});
