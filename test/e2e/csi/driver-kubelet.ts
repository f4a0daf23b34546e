import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../harness/api-client.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { mountVolume } from '../harness/node-volumes.ts';
import { OURS } from '../harness/workloads.ts';
import { DriverPod, instant } from './driver-pod.ts';
import { DRIVER, PLAYS } from './objects.ts';

const EVERY_MS = 500;

/** What a kubelet is given. */
export interface DriverKubeletOptions {
  /** The API as the user who plays controllers and kubelets. */
  readonly api: ApiClient;
  readonly node: LabNode;
  /** The directory on the NFS server with that of each volume: `10.98.1.14:/export`. */
  readonly exported: string;
}

/**
 * What kwok does not play of a node's kubelet: the driver's pods, whose processes are real, the registration of the driver, and
 * the mounts of pods with NFS volumes, which wait for it. Everything else that runs there is kwok's.
 */
export class DriverKubelet {
  readonly #options: DriverKubeletOptions;
  readonly #over = new AbortController();
  readonly #drivers = new Map<string, DriverPod>();
  readonly #forgotten = new Set<string>();
  #bootId = '';
  #registered: boolean | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: DriverKubeletOptions) {
    this.#options = options;
  }

  /** Starts it for a node that is on, and whose CSINode is there. Close it before the undo is. */
  static async start(options: DriverKubeletOptions): Promise<DriverKubelet> {
    const it = new DriverKubelet(options);
    it.#bootId = await options.node.bootId();
    it.#running = it.#run();
    return it;
  }

  /** Stops playing. Rejects with what went wrong meanwhile. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  /** The driver's pod with this UID as the node has it; throws where it has none. */
  driver(uid: string): DriverPod {
    const found = this.#drivers.get(uid);
    if (found === undefined) throw new Error(`${this.#options.node.name} has no driver ${uid}`);
    return found;
  }

  /** The kubelet and the runtime lose sight of a pod of the driver: its processes and its sandbox stay when its object goes. */
  async forget(uid: string): Promise<DriverPod> {
    const driver = this.driver(uid);
    this.#forgotten.add(uid);
    this.#drivers.delete(uid);
    await this.#register(false);
    return driver;
  }

  /** Writes the status of a pod of the driver anew. */
  async report(driver: DriverPod): Promise<void> {
    const { namespace, name } = driver;
    await this.#patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      status: driver.status(),
    });
  }

  async #run(): Promise<void> {
    const { node } = this.#options;
    while (!this.#over.signal.aborted) {
      try {
        if (node.isOn) await this.#work();
      } catch (error) {
        // The node went off in the middle of it, as a machine that is reset does.
        const bootId = node.isOn ? await node.bootId().catch(() => undefined) : undefined;
        if (bootId === this.#bootId) throw error;
      }
      await sleep(EVERY_MS, undefined, { signal: this.#over.signal }).catch(() => undefined);
    }
  }

  async #work(): Promise<void> {
    await this.#noticeBoot();
    const pods = await this.#pods();
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const [uid, driver] of this.#drivers) if (!uids.has(uid)) await this.#end(driver);
    for (const pod of pods) {
      const plays = pod.metadata.annotations?.[OURS];
      if (plays === PLAYS.driver) await this.#drive(pod);
      if (plays === PLAYS.mount) await this.#mountFor(pod);
    }
  }

  /** What was there before a boot is gone, sandboxes of pods that nobody knows among it. */
  async #noticeBoot(): Promise<void> {
    const { node } = this.#options;
    const bootId = await node.bootId();
    if (bootId === this.#bootId) return;
    await node.run('rm -rf /var/lib/crictl-e2e/*/');
    this.#bootId = bootId;
    for (const driver of this.#drivers.values()) driver.retry();
    await this.#register(false);
  }

  async #drive(pod: KubeObject): Promise<void> {
    const { uid = '', deletionTimestamp } = pod.metadata;
    if (this.#forgotten.has(uid)) return;
    const driver = this.#drivers.get(uid) ?? new DriverPod(this.#options.node, pod);
    if (deletionTimestamp !== undefined) {
      await this.#end(driver);
      await this.#remove(pod);
      return;
    }
    this.#drivers.set(uid, driver);
    if (await driver.look()) await this.report(driver);
    await this.#register(driver.runs);
  }

  async #end(driver: DriverPod): Promise<void> {
    await driver.end();
    this.#drivers.delete(driver.uid);
    await this.#register(false);
  }

  /** A pod with an NFS volume runs once the driver can mount it; until then its kubelet says why it does not. */
  async #mountFor(pod: KubeObject): Promise<void> {
    const { node, exported } = this.#options;
    const { uid = '', deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined) return this.#remove(pod);
    const pv = `pv-${pod.metadata.labels?.['app']}`;
    if (this.#registered === true) {
      await mountVolume(node, { podUid: uid, pv, source: `${exported}/${pv}` });
      return this.#patch(pathOf(pod), { metadata: { annotations: { [OURS]: null } } });
    }
    const { containerStatuses } = (pod['status'] ?? {}) as { readonly containerStatuses?: unknown };
    if (containerStatuses !== undefined) return;
    await this.#patch(`${pathOf(pod)}/status`, { status: creating(pod) });
    await this.#complain(pod, pv);
  }

  async #complain({ metadata }: KubeObject, pv: string): Promise<void> {
    const { api, node } = this.#options;
    const { namespace = '', name, uid = '' } = metadata;
    const now = instant(new Date());
    await api.call(`/api/v1/namespaces/${namespace}/events`, {
      method: 'POST',
      body: {
        metadata: { namespace, name: `${name}.${uid.slice(0, 8)}` },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
        reason: 'FailedMount',
        type: 'Warning',
        message: `MountVolume.SetUp failed for volume "${pv}" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name ${DRIVER} not found in the list of registered CSI drivers`,
        source: { component: 'kubelet', host: node.name },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    });
  }

  async #register(registered: boolean): Promise<void> {
    if (registered === this.#registered) return;
    const { name } = this.#options.node;
    const drivers = registered ? [{ name: DRIVER, nodeID: name, topologyKeys: null }] : [];
    await this.#patch(`/apis/storage.k8s.io/v1/csinodes/${name}`, { spec: { drivers } });
    this.#registered = registered;
  }

  async #pods(): Promise<readonly KubeObject[]> {
    const { api, node } = this.#options;
    const selector = encodeURIComponent(`spec.nodeName=${node.name}`);
    const list = await api.call<{ items: KubeObject[] }>(`/api/v1/pods?fieldSelector=${selector}`);
    return list.items;
  }

  /** An object that is gone meanwhile is left so. */
  async #patch(path: string, body: object): Promise<void> {
    const contentType = 'application/merge-patch+json';
    const { code, text } = await this.#options.api.ask(path, {
      method: 'PATCH',
      contentType,
      body,
    });
    if (code >= 300 && code !== 404) throw new Error(`PATCH ${path}: ${code} ${text}`);
  }

  async #remove(pod: KubeObject): Promise<void> {
    const { uid } = pod.metadata;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    const { code, text } = await this.#options.api.ask(pathOf(pod), {
      method: 'DELETE',
      body: { ...body, preconditions: { uid } },
    });
    if (code >= 300 && code !== 404 && code !== 409) throw new Error(`${pathOf(pod)}: ${text}`);
  }
}

const creating = ({ spec }: KubeObject): object => ({
  phase: 'Pending',
  startTime: instant(new Date()),
  containerStatuses: (spec as { containers: readonly { name: string }[] }).containers.map(
    ({ name }) => ({
      name,
      image: `registry.invalid/${name}:1`,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: 'ContainerCreating' } },
    }),
  ),
});

const pathOf = ({ metadata: { namespace, name } }: KubeObject): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}`;
