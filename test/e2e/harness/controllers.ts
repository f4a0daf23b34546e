import type { ApiClient } from './api-client.ts';
import type { KubeObject } from './kube-object.ts';
import { until } from './until.ts';

/** A pod by its name. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}

/** How the pod that takes the place of another comes up. */
export interface Replacement {
  readonly podIp: string;
  readonly nodeName?: string;
  /** Without it the pod is ready. */
  readonly ready?: boolean;
}

/** What became of a pod. */
export interface Finalised {
  readonly removedUid: string;
  readonly createdUid: string;
}

/**
 * Plays the kubelet and the StatefulSet controller, one pod at a time and only when told to, as a
 * user of its own (`sre-e2e-controllers`). It binds, scales and watches nothing.
 */
export class Controllers {
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

  /** Removes a terminating pod and creates its successor; throws when it is not terminating. */
  async finalise(pod: PodRef, replacement: Replacement): Promise<Finalised> {
    const old = await this.#get(pod);
    const removedUid = await this.remove(pod);
    const created = await this.#api.call<KubeObject>(collection(pod), {
      method: 'POST',
      body: successorOf(old, replacement.nodeName),
    });
    await this.setRunning(pod, replacement);
    return { removedUid, createdUid: created.metadata.uid ?? '' };
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
  async setRunning(pod: PodRef, { podIp, ready = true }: Replacement): Promise<void> {
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

function successorOf(old: KubeObject, nodeName?: string): object {
  const { name, namespace, labels, annotations, ownerReferences } = old.metadata;
  const spec = old['spec'] as object;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations, ownerReferences },
    spec: nodeName === undefined ? spec : { ...spec, nodeName },
  };
}

function collection({ namespace }: PodRef): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

function item(pod: PodRef): string {
  return `${collection(pod)}/${pod.name}`;
}
