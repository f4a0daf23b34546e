import { randomUUID } from 'node:crypto';
import type { ControlPlane } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import type { Right } from '../harness/rights.ts';
import { until } from '../harness/until.ts';
import { driverPod } from '../reset/objects.ts';
import { MYSQL } from '../reset/stage.ts';

/** The port of the driver's liveness probe (COMMANDS C.1). */
export const PORT = 29_653;

/** What looking for the driver needs of the API beside what a reset needs. */
export const DRIVER_RIGHTS: readonly Right[] = [
  { resources: ['pods'], verbs: ['get', 'list'] },
  { groups: ['apps'], resources: ['daemonsets'], verbs: ['get'] },
];

/** A predecessor of the driver's pod that was killed and cannot die: a zombie with a thread in D that holds the port (COMMANDS B.3). */
export async function leavePortHeld(node: LabNode): Promise<NodePod> {
  const listens = [{ protocol: 'tcp', address: '127.0.0.1', port: PORT }] as const;
  const spec = { uid: randomUUID(), namespace: 'kube-system', name: 'csi-nfs-node-old01' };
  const pod = await addPod(node, { ...spec, container: 'livenessprobe', listens });
  // The one wait of REALITY 4c that SIGKILL does not end; that it is NFS's is assumed, that nothing ends it is real.
  await pod.stick({ wchan: 'nfs4_discover_server_trunking', killable: false });
  await node.run(`kill -KILL ${pod.task.pid}`);
  await until('it is a zombie', { seconds: 5 }, async () => (await pod.task.state()) === 'Z');
  return pod;
}

/** What the kubelet of a node says where the driver's probe cannot bind its port: it crashes, and the driver is not registered. */
export async function driverCrashes(plane: ControlPlane, node: string): Promise<void> {
  const { namespace, name, containers } = driverPod(node);
  const message = `listen tcp 127.0.0.1:${PORT}: bind: address already in use`;
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const terminated = { exitCode: 1, reason: 'Error', message, startedAt: at, finishedAt: at };
  const statuses = containers.map(({ name: container }) => {
    const ill = container === 'liveness-probe';
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting' };
    return {
      name: container,
      image: `registry.invalid/${container}:1`,
      imageID: '',
      ready: !ill,
      restartCount: ill ? 12 : 0,
      state: ill ? { waiting } : { running: { startedAt: at } },
      ...(ill ? { lastState: { terminated } } : {}),
    };
  });
  const conditions = ['ContainersReady', 'Ready'].map((type) => ({ type, status: 'False' }));
  await plane.api.call(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
    method: 'PATCH',
    contentType: 'application/strategic-merge-patch+json',
    body: { status: { conditions, containerStatuses: statuses } },
  });
  await plane.api.call(`/apis/storage.k8s.io/v1/csinodes/${node}`, {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { spec: { drivers: [] } },
  });
}

const WAITS = { namespace: MYSQL.namespace, name: 'report-0' };

/**
 * A pod on a node that waits for its volume on NFS, and its kubelet's word that the mount ran into its deadline just now, by
 * the clock of that node. Gives what takes both away again.
 */
export async function mountRunsOut(
  plane: ControlPlane,
  node: LabNode,
): Promise<() => Promise<void>> {
  const { namespace, name } = WAITS;
  const claimName = 'data-mysql-0';
  const container = { name: 'report', image: 'registry.invalid/report:1' };
  const waiting = { reason: 'ContainerCreating' };
  const status = { ...container, imageID: '', ready: false, restartCount: 0, state: { waiting } };
  await plane.apply([
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: WAITS,
      spec: {
        nodeName: node.name,
        containers: [container],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
      },
      status: { phase: 'Pending', containerStatuses: [status] },
    },
  ]);
  const pods = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const { metadata } = await plane.api.call<KubeObject>(pods);
  const seen = node
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const why = 'rpc error: code = DeadlineExceeded desc = context deadline exceeded';
  await plane.apply([
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name: `${name}.e2e` },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', ...WAITS, uid: metadata.uid },
      reason: 'FailedMount',
      message: `MountVolume.SetUp failed for volume "pv-${claimName}" : ${why}`,
      type: 'Warning',
      count: 3,
      firstTimestamp: seen,
      lastTimestamp: seen,
      source: { component: 'kubelet', host: node.name },
    },
  ]);
  return async () => {
    await plane.api.call(`/api/v1/namespaces/${namespace}/events/${name}.e2e`, {
      method: 'DELETE',
    });
    const now = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    await plane.api.call(pods, { method: 'DELETE', body: now });
  };
}
