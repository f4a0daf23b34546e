import type { ControlPlane } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { volumeOf } from '../harness/workload-objects.ts';
import { OURS } from '../harness/workloads.ts';
import { instant } from '../csi/driver-pod.ts';
import { MYSQL } from '../csi/stage.ts';

const WAITS = { namespace: MYSQL.namespace, name: 'report-0' };

/**
 * A pod on a node that waits for its volume on NFS, and its kubelet's word that the mount ran into its deadline just now, by
 * the clock of that node. Neither kwok nor the suite's kubelets play it. Gives what takes both away again.
 */
export async function mountRunsOut(
  plane: ControlPlane,
  node: LabNode,
): Promise<() => Promise<void>> {
  const { namespace, name } = WAITS;
  const claimName = `data-${MYSQL.name}-0`;
  const container = { name: 'report', image: 'registry.invalid/report:1' };
  const waiting = { reason: 'ContainerCreating' };
  const status = { ...container, imageID: '', ready: false, restartCount: 0, state: { waiting } };
  await plane.apply([
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...WAITS, annotations: { [OURS]: 'report' } },
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
  const seen = instant(node.now());
  const why = 'rpc error: code = DeadlineExceeded desc = context deadline exceeded';
  await plane.apply([
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name: `${name}.e2e` },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', ...WAITS, uid: metadata.uid },
      reason: 'FailedMount',
      message: `MountVolume.SetUp failed for volume "${volumeOf(MYSQL)}" : ${why}`,
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
