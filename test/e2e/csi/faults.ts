import { lay } from '../harness/assumed.ts';
import { POD_PROGRAM } from '../harness/fake-process.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { NodePod } from '../harness/node-pods.ts';
import { type NodeTask, startProgram } from '../harness/node-task.ts';
import { mountVolume } from '../harness/node-volumes.ts';
import { until } from '../harness/until.ts';
import { type App, volumeOf } from '../harness/workload-objects.ts';
import { isReady } from '../reset/cluster.ts';
import type { DriverPod } from './driver-pod.ts';
import { CSI_NAMESPACE } from './objects.ts';
import { SICK, type Stage } from './stage.ts';

/** How long the driver had crash-looped on 16 March, and how often (DOMAIN 2.4). */
const SINCE_MS = 47 * 60 * 60_000;
const RESTARTS = 96;

/** The port of the driver's liveness probe on a node (COMMANDS C.1). */
export const PORT = 29_653;

const SOON = { seconds: 60, everyMs: 200 } as const;

/** What holds a port that somebody else needs. */
export interface Holder {
  readonly task: NodeTask;
  /** Ends it, so that the driver comes up by itself. */
  end(): Promise<void>;
}

/**
 * A service of the sick node takes the port while the driver's probe is down for a moment; the pod of the driver is as old as
 * that of the incident, and crash-loops.
 */
export async function hostServiceTakesPort(stage: Stage): Promise<Holder> {
  const node = stage.lab.get(SICK);
  const pod = await stage.driverOn(SICK);
  const kubelet = kubeletOf(stage);
  const driver = kubelet.driver(pod.metadata.uid ?? '');
  const port = { protocol: 'tcp', address: '127.0.0.1', port: PORT } as const;
  // The kubelet starts the probe again at once, and one of the two comes first.
  const task = await until('the service has the port', SOON, async () => {
    if (driver.runs) await node.run(`kill -KILL ${driver.process('liveness-probe').task.pid} || :`);
    try {
      return await startProgram(node, POD_PROGRAM, 'exporterd', '/usr/sbin/exporterd', '', [port]);
    } catch (error) {
      if (String(error).includes('Address already in use')) return undefined;
      throw error;
    }
  });
  const unit = '0::/system.slice/exporterd.service\n';
  await lay(node, unit, [`/proc/${task.pid}`, `/proc/${task.pid}/task/${task.pid}`], 'cgroup');
  await looksLikeMarch(stage, pod);
  return {
    task,
    end: async () => {
      await node.run(`kill -KILL ${task.pid}`);
      driver.retry();
      await until('the driver is up again', SOON, async () => isReady(await stage.driverOn(SICK)));
    },
  };
}

/** What is left of a driver's pod that the API does not know any more, and who cannot come up for it. */
export interface Orphan {
  readonly uid: string;
  readonly driver: DriverPod;
  /** The pod that its DaemonSet has made instead. */
  readonly successor: KubeObject;
}

/**
 * Somebody removes the driver's pod of the sick node by force, and its runtime does not end it: the real controller makes
 * another, which really cannot bind its ports. Then the pods with NFS volumes there are replaced, and wait.
 */
export async function leaveOrphan(stage: Stage): Promise<Orphan> {
  const { metadata } = await stage.driverOn(SICK);
  const { uid = '', name } = metadata;
  const driver = await kubeletOf(stage).forget(uid);
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
  const path = `/api/v1/namespaces/${CSI_NAMESPACE}/pods/${name}`;
  await stage.plane.api.call(path, {
    method: 'DELETE',
    body: { ...body, preconditions: { uid } },
  });
  const successor = await until('another pod of the driver', SOON, async () => {
    const found = await stage.driverOn(SICK);
    return found.metadata.uid === uid ? undefined : found;
  });
  return { uid, driver, successor: await looksLikeMarch(stage, successor) };
}

/** Waits until a pod of the driver crash-loops, and makes it as old as that of the incident. */
async function looksLikeMarch(stage: Stage, { metadata }: KubeObject): Promise<KubeObject> {
  const kubelet = kubeletOf(stage);
  const current = await until('the driver crash-loops', SOON, async () => {
    const found = await stage.driverOn(SICK);
    const said = JSON.stringify(found['status'] ?? {});
    return found.metadata.uid === metadata.uid && said.includes('CrashLoopBackOff')
      ? found
      : undefined;
  });
  const driver = kubelet.driver(metadata.uid ?? '');
  driver.haveCrashed(RESTARTS);
  await kubelet.report(driver);
  const created = new Date(Date.now() - SINCE_MS);
  await stage.plane.backdate([{ namespace: CSI_NAMESPACE, name: metadata.name }], created);
  return current;
}

/** Deletes the pods of apps: those that their owners make instead wait for their mounts. Gives them. */
export async function replacePods(
  stage: Stage,
  apps: readonly App[],
): Promise<readonly KubeObject[]> {
  return Promise.all(apps.map((app) => replacePod(stage, app)));
}

async function replacePod(stage: Stage, { namespace, name }: App): Promise<KubeObject> {
  const selector = `app=${name}`;
  const [before] = await stage.pods(namespace, selector);
  await stage.plane.api.call(`/api/v1/namespaces/${namespace}/pods/${before?.metadata.name}`, {
    method: 'DELETE',
  });
  const waits = await until(`${name} waits for its mount`, SOON, async () => {
    const [now, ...more] = await stage.pods(namespace, selector);
    const said = JSON.stringify(now?.['status'] ?? {});
    return more.length === 0 &&
      now?.metadata.uid !== before?.metadata.uid &&
      said.includes('ContainerCreating')
      ? now
      : undefined;
  });
  const created = new Date(Date.now() - SINCE_MS / 2);
  await stage.plane.backdate([{ namespace, name: waits.metadata.name }], created);
  return waits;
}

/**
 * Somebody killed the orphan: its probe became a zombie with a thread that writes to a volume whose server does not take it,
 * and it still has its port (COMMANDS C.3, lab 07). The wait channel is assumed, and that the volume is on NFS.
 */
export async function orphanDies(stage: Stage, orphan: Orphan, app: App): Promise<void> {
  const node = stage.lab.get(SICK);
  const source = `${stage.lab.get('pve').address}:/export/${volumeOf(app)}`;
  await mountVolume(node, { podUid: orphan.uid, pv: volumeOf(app), source });
  await orphanDiesWaiting(stage, orphan, 'folio_wait_bit_common');
}

/**
 * Somebody killed the orphan: its probe became a zombie that still has its port, with a thread that nothing ends. Where that
 * thread waits is assumed. Gives the probe.
 */
export async function orphanDiesWaiting(
  stage: Stage,
  { driver }: Orphan,
  wchan: string,
): Promise<NodePod> {
  const node = stage.lab.get(SICK);
  const probe = driver.process('liveness-probe');
  await probe.stick({ wchan, killable: false });
  const others = ['node-driver-registrar', 'nfs'].map((name) => driver.process(name).task.pid);
  await node.run(`kill -KILL ${probe.task.pid} ${others.join(' ')}`);
  await until('it is a zombie', { seconds: 5 }, async () => (await probe.task.state()) === 'Z');
  return probe;
}

/** Whether root sees anybody listen on the port in the sick node, and what ss says of it. */
export const listenersOf = (stage: Stage): Promise<string> =>
  stage.lab.get(SICK).run(`ss -Hltnp 'sport = :${PORT}'`);

function kubeletOf(stage: Stage) {
  const found = stage.drivers.get(SICK);
  if (found === undefined) throw new Error(`nobody plays the kubelet of ${SICK}`);
  return found;
}
