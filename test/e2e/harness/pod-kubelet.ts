import type { ApiClient } from './api-client.ts';
import type { KubeObject } from './kube-object.ts';
import { until } from './until.ts';

/** A pod by its name. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}

/** How a pod comes up. */
export interface Running {
  readonly podIp: string;
  /** Without it the pod is ready. */
  readonly ready?: boolean;
}

/**
 * Plays what a kubelet does of a pod, one pod at a time and only when told to, as a user of its own (`sre-e2e-controllers`). It
 * binds and watches nothing; what makes pods are controllers.
 */
export class PodKubelet {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Waits until somebody has deleted the pod; gives its UID. */
  async terminating(pod: PodRef, seconds: number): Promise<string> {
    return until(`${pod.name} is terminating`, { seconds }, async () => {
      const { metadata } = await this.#get(pod);
      return metadata.deletionTimestamp === undefined ? undefined : metadata.uid;
    });
  }

  /** What the kubelet does last: removes a terminating pod for good. Gives its UID. */
  async remove(pod: PodRef): Promise<string> {
    const { uid, deletionTimestamp } = (await this.#get(pod)).metadata;
    if (uid === undefined || deletionTimestamp === undefined) {
      throw new Error(`${pod.namespace}/${pod.name} is not terminating`);
    }
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    const preconditions = { uid };
    await this.#api.call(item(pod), { method: 'DELETE', body: { ...body, preconditions } });
    return uid;
  }

  /** Writes the status of a pod whose containers run. */
  async setRunning(pod: PodRef, { podIp, ready = true }: Running): Promise<void> {
    const { spec } = (await this.#get(pod)) as { spec?: { containers?: { name: string }[] } };
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const condition = (type: string, holds: boolean) => {
      return { type, status: holds ? 'True' : 'False', lastTransitionTime: now };
    };
    const status = {
      phase: 'Running',
      podIP: podIp,
      podIPs: [{ ip: podIp }],
      startTime: now,
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', ready),
        condition('Ready', ready),
      ],
      containerStatuses: (spec?.containers ?? []).map(({ name }) => {
        const state = { running: { startedAt: now } };
        return { name, ready, started: true, restartCount: 0, image: name, imageID: '', state };
      }),
    };
    await this.#api.call(`${item(pod)}/status`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { status },
    });
  }

  async #get(pod: PodRef): Promise<KubeObject> {
    return this.#api.call<KubeObject>(item(pod));
  }
}

function collection({ namespace }: PodRef): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

function item(pod: PodRef): string {
  return `${collection(pod)}/${pod.name}`;
}
