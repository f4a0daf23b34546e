import type { KubeObject } from '../harness/kube-object.ts';
import { apart, daemonSet, deployment, nfsClass, notOn } from '../harness/workload-objects.ts';

/** The objects of the cluster of 16 March that are not its workloads' own (DOMAIN 1). */

export const DRIVER = 'nfs.csi.k8s.io';
export const CSI_NAMESPACE = 'nfs-csi';

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

const CONTROLLER = { app: 'csi-nfs-controller' };

/** The driver, its controllers, which stay off one node, its class, and the pod network that comes before it. */
export const driverObjects = (controllersNotOn: string): readonly KubeObject[] => [
  ...nfsClass,
  daemonSet(CSI_NAMESPACE, 'csi-nfs-node', {
    labels: { app: 'csi-nfs-node' },
    containers: DRIVER_CONTAINERS,
    plays: PLAYS.driver,
  }),
  deployment(CSI_NAMESPACE, 'csi-nfs-controller', 2, {
    labels: CONTROLLER,
    containers: CONTROLLER_CONTAINERS,
    spec: { hostNetwork: true, affinity: { ...apart(CONTROLLER), ...notOn(controllersNotOn) } },
  }),
  daemonSet('calico-system', 'calico-node', {
    labels: { 'k8s-app': 'calico-node' },
    containers: [{ name: 'calico-node' }],
  }),
];
