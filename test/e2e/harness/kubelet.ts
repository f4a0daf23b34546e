import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import type { KubeObject } from './kube-object.ts';
import { OURS } from './workloads.ts';

/** The machine of a kubelet: a node made of namespaces, or a guest of QEMU. */
export interface KubeletHost {
  readonly name: string;
  readonly isOn: boolean;
  /** Rejects where the machine does not answer. */
  bootId(): Promise<string>;
}

/** What the suite's kubelets are given. */
export interface KubeletOptions {
  /** The API as the user who plays controllers. */
  readonly api: ApiClient;
  readonly node: KubeletHost;
  /** Starts the unit with its health port after a boot; absent where the machine does that itself. */
  readonly startUnit?: (() => Promise<unknown>) | undefined;
  /** From a boot until the node object shows it: 2 s when not said. */
  readonly rejoinMs?: number;
}

const EVERY_MS = 2000;

/**
 * Plays what kwok does not of a node's kubelet, as long as the node is on: the unit with its health port, and a node object
 * whose boot ID is the guest's. After a boot it reports the new one, and the pods of the node run again, under the same UIDs.
 */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #over = new AbortController();
  #reported: string | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: KubeletOptions) {
    this.#options = options;
  }

  /** Starts it for a node whose object is there. Close it before the undo is. */
  static async start(options: KubeletOptions): Promise<Kubelet> {
    const it = new Kubelet(options);
    await options.startUnit?.();
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
    const { node } = this.#options;
    if (!node.isOn) return;
    const bootId = await node.bootId();
    if (bootId !== this.#reported) await this.#rejoin(bootId);
  }

  async #rejoin(bootId: string): Promise<void> {
    const { api, node, rejoinMs = 2000, startUnit } = this.#options;
    await startUnit?.();
    await sleep(rejoinMs);
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
}

interface ContainerStatus {
  readonly restartCount: number;
  readonly [field: string]: unknown;
}

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

const pathOf = ({ metadata: { namespace, name } }: KubeObject): string =>
  `/api/v1/namespaces/${namespace}/pods/${name}`;
