import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import type { KubeObject } from './kube-object.ts';
import type { LabNode } from './lab-node.ts';
import { addUnit } from './node-units.ts';
import { OURS } from './workloads.ts';

/** What the suite's kubelets are given. */
export interface KubeletOptions {
  /** The API as the user who plays controllers. */
  readonly api: ApiClient;
  readonly node: LabNode;
  /** From a boot until the node object shows it: 2 s when not said. */
  readonly rejoinMs?: number;
  /** Called when a terminating pod is gone for good. */
  readonly onRemoved?: (pod: KubeObject) => Promise<void>;
  /** Beside kwok, which renews the lease and ends pods: what is left is the unit, and what a boot changes. */
  readonly besideKwok?: boolean;
}

const EVERY_MS = 2000;

/**
 * Plays the kubelet of a node, as long as the node is on: the unit with its health port, a lease that is renewed, and a
 * node object whose boot ID is the guest's. After a boot it reports the new one, and the pods of the node run again,
 * under the same UIDs. Pods that are deleted are ended at once, unless they are `held`.
 */
export class Kubelet {
  /** UIDs of pods whose processes or volumes do not let go: they stay Terminating until the next boot. */
  readonly held = new Set<string>();
  /** Called at every boot after the first, before the pods run: what the node starts besides its kubelet. */
  onBoot: () => Promise<void> = () => Promise.resolve();
  readonly #options: KubeletOptions;
  readonly #over = new AbortController();
  #reported: string | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: KubeletOptions) {
    this.#options = options;
  }

  /** Starts it for a node whose objects (Node, Lease) are there. Close it before the undo is. */
  static async start(options: KubeletOptions): Promise<Kubelet> {
    const it = new Kubelet(options);
    await addUnit(options.node, 'kubelet');
    it.#reported = await options.node.bootId();
    it.#running = it.#run();
    return it;
  }

  /** Stops playing. Rejects with what went wrong meanwhile. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { node } = this.#options;
    while (!this.#over.signal.aborted) {
      try {
        await this.#work();
      } catch (error) {
        // The node went off in the middle of it, as a machine that is reset does.
        if (node.isOn && (await node.bootId().catch(() => undefined)) === this.#reported)
          throw error;
      }
      await sleep(EVERY_MS, undefined, { signal: this.#over.signal }).catch(() => undefined);
    }
  }

  async #work(): Promise<void> {
    const { node, besideKwok = false } = this.#options;
    if (!node.isOn) return;
    const bootId = await node.bootId();
    if (bootId !== this.#reported) await this.#rejoin(bootId);
    if (besideKwok) return;
    await this.#renew();
    for (const pod of await this.#pods()) {
      const { uid = '', deletionTimestamp } = pod.metadata;
      if (deletionTimestamp !== undefined && !this.held.has(uid)) await this.#remove(pod);
    }
  }

  async #rejoin(bootId: string): Promise<void> {
    const { api, node, rejoinMs = 2000 } = this.#options;
    await addUnit(node, 'kubelet');
    await sleep(rejoinMs);
    await this.onBoot();
    this.held.clear();
    const lastHeartbeatTime = now();
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime };
    await api.call(`/api/v1/nodes/${node.name}/status`, {
      method: 'PATCH',
      contentType: 'application/strategic-merge-patch+json',
      body: { status: { nodeInfo: { bootID: bootId }, conditions: [ready] } },
    });
    for (const pod of await this.#pods()) {
      const { deletionTimestamp, annotations = {} } = pod.metadata;
      if (deletionTimestamp === undefined && !(OURS in annotations)) await this.#restart(pod);
    }
    this.#reported = bootId;
  }

  async #renew(): Promise<void> {
    const { api, node } = this.#options;
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    await api.call(`${leases}/${node.name}`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { spec: { renewTime: `${new Date().toISOString().slice(0, -1)}000Z` } },
    });
  }

  async #pods(): Promise<readonly KubeObject[]> {
    const { api, node } = this.#options;
    const selector = encodeURIComponent(`spec.nodeName=${node.name}`);
    const list = await api.call<{ items: KubeObject[] }>(`/api/v1/pods?fieldSelector=${selector}`);
    return list.items;
  }

  /** The containers run again: they count one restart more, and the pod is ready. */
  async #restart(pod: KubeObject): Promise<void> {
    const { containerStatuses = [] } = pod['status'] as { containerStatuses?: ContainerStatus[] };
    const containers = containerStatuses.map((it) => ({
      ...it,
      restartCount: it.restartCount + 1,
      ready: true,
      state: { running: { startedAt: now() } },
    }));
    await this.#options.api.call(`${pathOf(pod)}/status`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { status: { containerStatuses: containers } },
    });
  }

  async #remove(pod: KubeObject): Promise<void> {
    const { api, onRemoved } = this.#options;
    const { uid } = pod.metadata;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    await api.call(pathOf(pod), { method: 'DELETE', body: { ...body, preconditions: { uid } } });
    await onRemoved?.(pod);
  }
}

interface ContainerStatus {
  readonly restartCount: number;
  readonly [field: string]: unknown;
}

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

const pathOf = ({ metadata: { namespace, name } }: KubeObject): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}`;
