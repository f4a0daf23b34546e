import type { Port } from './csi-state.ts';
import type { Node, Pod, Workload } from './world.ts';

/**
 * The pods that look after nodes and use the nodes' own network: the NFS CSI driver, Calico, MetalLB, and the static pods
 * of the control plane (COMMANDS C.1, C.4; DOMAIN 1).
 */

/** Which of them a pod is. */
export type AgentKind = 'csi-node' | 'csi-controller' | 'calico' | 'speaker' | 'static';

/** A container of one of them: its arguments, its process, and the ports that this binds. */
export interface AgentContainer {
  readonly name: string;
  readonly args: readonly string[];
  /** At most 15 bytes, as the kernel keeps it. */
  readonly comm: string;
  readonly threads: number;
  readonly binds: (node: Node) => readonly Port[];
}

/** What one kind of them is made of. */
export interface Agent {
  readonly kind: AgentKind;
  readonly namespace: string;
  readonly owner: { readonly kind: 'DaemonSet' | 'ReplicaSet' | 'Node'; readonly name: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly AgentContainer[];
  /** How long its containers take to be up and ready, in milliseconds. */
  readonly startMs: readonly [number, number];
  /** Whether it belongs on that node. */
  readonly on: (node: Node) => boolean;
}

const none = (): readonly Port[] => [];

const health = (port: number) => (): readonly Port[] => [
  { protocol: 'tcp', address: '127.0.0.1', port },
];

const container = (
  name: string,
  args: readonly string[],
  comm: string,
  binds: AgentContainer['binds'] = none,
): AgentContainer => ({ name, args, comm, threads: 9, binds });

const sidecar = (name: string, ...more: readonly string[]): AgentContainer =>
  container(
    name,
    [
      '-v=2',
      '--csi-address=$(ADDRESS)',
      '--leader-election',
      '--leader-election-namespace=nfs-csi',
      ...more,
    ],
    name,
  );

const driver = container(
  'nfs',
  [
    '--v=5',
    '--nodeid=$(NODE_ID)',
    '--endpoint=$(CSI_ENDPOINT)',
    '--drivername=nfs.csi.k8s.io',
    '--mount-permissions=0',
    '--working-mount-dir=/tmp',
  ],
  'nfsplugin',
);

const liveness = (port: number): AgentContainer =>
  container(
    'liveness-probe',
    [
      '--csi-address=/csi/csi.sock',
      '--probe-timeout=3s',
      `--http-endpoint=localhost:${port}`,
      '--v=2',
    ],
    'livenessprobe',
    health(port),
  );

/** Memberlist listens on TCP and UDP of the node's address (COMMANDS C.4). */
const memberlist = ({ address }: Node): readonly Port[] => [
  { protocol: 'tcp', address, port: 7946 },
  { protocol: 'udp', address, port: 7946 },
];

/** How many CSI controllers there are (DOMAIN 1). */
export const CONTROLLERS = 2;

/** The set of the CSI controllers, as lists show it; its pods have a rule of their own. */
export const CONTROLLER_SET: Workload = {
  kind: 'ReplicaSet',
  namespace: 'nfs-csi',
  name: 'csi-nfs-controller-6d8f7c9b54',
  app: 'csi-nfs-controller',
  deployment: 'csi-nfs-controller',
  replicas: CONTROLLERS,
  stores: false,
};

const CSI_NODE: Agent = {
  kind: 'csi-node',
  namespace: 'nfs-csi',
  owner: { kind: 'DaemonSet', name: 'csi-nfs-node' },
  labels: { app: 'csi-nfs-node', 'app.kubernetes.io/name': 'csi-driver-nfs' },
  containers: [
    liveness(29_653),
    container(
      'node-driver-registrar',
      [
        '--v=2',
        '--csi-address=/csi/csi.sock',
        '--kubelet-registration-path=$(DRIVER_REG_SOCK_PATH)',
        '--http-endpoint=localhost:19809',
      ],
      'csi-node-driver',
      health(19_809),
    ),
    driver,
  ],
  startMs: [10_000, 26_000],
  on: () => true,
};

const CSI_CONTROLLER: Agent = {
  kind: 'csi-controller',
  namespace: 'nfs-csi',
  owner: { kind: 'ReplicaSet', name: CONTROLLER_SET.name },
  labels: { app: 'csi-nfs-controller', 'app.kubernetes.io/name': 'csi-driver-nfs' },
  containers: [
    sidecar('csi-provisioner', '--extra-create-metadata=true', '--timeout=1200s'),
    sidecar('csi-resizer', '--handle-volume-inuse-error=false'),
    sidecar('csi-snapshotter', '--timeout=1200s'),
    liveness(29_652),
    driver,
  ],
  startMs: [10_000, 26_000],
  on: (node) => !node.controlPlane,
};

const CALICO: Agent = {
  kind: 'calico',
  namespace: 'calico-system',
  owner: { kind: 'DaemonSet', name: 'calico-node' },
  labels: { 'k8s-app': 'calico-node', 'app.kubernetes.io/name': 'calico-node' },
  containers: [container('calico-node', [], 'calico-node')],
  startMs: [8_000, 18_000],
  on: () => true,
};

const SPEAKER: Agent = {
  kind: 'speaker',
  namespace: 'metallb-system',
  owner: { kind: 'DaemonSet', name: 'metallb-speaker' },
  labels: { app: 'metallb', component: 'speaker', 'app.kubernetes.io/component': 'speaker' },
  containers: [container('speaker', ['--port=7472', '--log-level=info'], 'speaker', memberlist)],
  startMs: [6_000, 14_000],
  on: (node) => !node.controlPlane,
};

const staticPod = (name: string): Agent => ({
  kind: 'static',
  namespace: 'kube-system',
  owner: { kind: 'Node', name: 'k8s-master' },
  labels: { component: name, tier: 'control-plane' },
  containers: [container(name, [], name.slice(0, 15))],
  startMs: [4_000, 9_000],
  on: (node) => node.controlPlane,
});

/** The four static pods that kubeadm puts on a control plane node. */
const STATIC: readonly Agent[] = [
  staticPod('etcd'),
  staticPod('kube-apiserver'),
  staticPod('kube-controller-manager'),
  staticPod('kube-scheduler'),
];

/** All of them. */
export const AGENTS: readonly Agent[] = [CSI_NODE, CSI_CONTROLLER, CALICO, SPEAKER, ...STATIC];

/** The kinds of which every node they belong on has one: a DaemonSet keeps it so. */
export const DAEMONS: readonly Agent[] = [CSI_NODE, CALICO, SPEAKER];

/** The CSI controller, of which a Deployment keeps {@link CONTROLLERS}. */
export const CONTROLLER: Agent = CSI_CONTROLLER;

/** What was found of pods: every rule asks it of every pod, and pods are data that never changes. */
const known = new WeakMap<object, { readonly agent: Agent | undefined }>();

/** What a pod is, if it is one of them. */
export function agentOf(pod: Pick<Pod, 'namespace' | 'labels'>): Agent | undefined {
  const before = known.get(pod);
  if (before !== undefined) return before.agent;
  const agent = AGENTS.find(
    (it) =>
      it.namespace === pod.namespace &&
      Object.entries(it.labels).every(([name, value]) => pod.labels[name] === value),
  );
  known.set(pod, { agent });
  return agent;
}

/** Whether a pod is of that kind. */
export const isAgent = (pod: Pod, kind: AgentKind): boolean => agentOf(pod)?.kind === kind;
