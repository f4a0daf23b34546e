import type { ControlPlane } from '../harness/control-plane.ts';
import { PodKubelet } from '../harness/pod-kubelet.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { until } from '../harness/until.ts';
import { vaultLabels } from './objects.ts';

/** The pods that the real controllers make of Vault's StatefulSet: what a kubelet, and Vault itself, write of them is the suite's. */

/** A pod that the scheduler has bound to a node. */
export interface BoundPod {
  readonly uid: string;
  readonly node: string;
}

const pathOf = (name: string): string => `/api/v1/namespaces/vault/pods/${name}`;

/**
 * Waits until the controller of volumes has bound the claims of these pods. A pod that is there before that is refused by the
 * scheduler, which tries it again once, maybe before it has seen the claim, and then not for five minutes.
 */
export const claimsBound = ({ api }: ControlPlane, pods: readonly string[]): Promise<true> =>
  until('the claims are bound', { seconds: 120, everyMs: 200 }, async () => {
    const path = '/api/v1/namespaces/vault/persistentvolumeclaims';
    const { items } = await api.call<{ items: readonly KubeObject[] }>(path);
    const bound = items.filter(({ metadata }) => BOUND in (metadata.annotations ?? {}));
    return pods.every((pod) => bound.some((it) => it.metadata.name === `data-${pod}`));
  });

/** What the controller of volumes writes on a claim last. */
const BOUND = 'pv.kubernetes.io/bind-completed';

/** Waits until a pod has its node; of that name there may have been another before. */
export const boundPod = (
  { api }: ControlPlane,
  name: string,
  otherThan?: string,
): Promise<BoundPod> =>
  until(`${name} has a node`, { seconds: 60 }, async () => {
    const { code, text } = await api.ask(pathOf(name));
    if (code === 404) return undefined;
    const { metadata, spec } = JSON.parse(text) as KubeObject;
    const { uid = '' } = metadata;
    const { nodeName } = spec as { readonly nodeName?: string };
    return uid === otherThan || nodeName === undefined ? undefined : { uid, node: nodeName };
  });

/** Its containers run, and it is ready: its kubelet says so, and Vault labels it. */
export async function runs(
  plane: ControlPlane,
  name: string,
  podIp: string,
  active: boolean,
): Promise<void> {
  await new PodKubelet(plane.controllersApi).setRunning({ namespace: 'vault', name }, { podIp });
  await labelled(plane, name, active);
}

/** Vault labels its own pod. */
export async function labelled(plane: ControlPlane, name: string, active: boolean): Promise<void> {
  await plane.controllersApi.call(pathOf(name), {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: vaultLabels(active) } },
  });
}
