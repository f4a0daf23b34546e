import type { ControlPlane } from '../harness/control-plane.ts';
import { Kubelet, type KubeletHost } from '../harness/kubelet.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { until } from '../harness/until.ts';
import { machineObject } from './objects.ts';

/** A machine that is a node of the cluster. */
export interface Member {
  readonly node: KubeletHost & { readonly address: string };
  /** The SMBIOS UUID of its VM. */
  readonly uuid: string;
  /** See {@link Kubelet}. */
  readonly startUnit?: (() => Promise<unknown>) | undefined;
}

/** What a control plane with real controllers and a real scheduler knows of its nodes and their pods. */
export interface Cluster {
  readonly plane: ControlPlane;
  /** The node objects, as their kubelets report them. */
  readonly objects: readonly KubeObject[];
  /** Starts what of their kubelets is not kwok's; the objects must be there. */
  startKubelets(): Promise<void>;
  /** The pods of a namespace with this label: `app=mysql`. */
  pods(namespace: string, selector: string): Promise<readonly KubeObject[]>;
  /** Waits until there are so many pods in the cluster, and all are ready. */
  allReady(count: number): Promise<void>;
  /** Stops the kubelets; the undo stops the rest. */
  close(): Promise<void>;
}

/** A cluster of machines that are on. It is empty. */
export async function clusterOf(plane: ControlPlane, members: readonly Member[]): Promise<Cluster> {
  const objects = await Promise.all(
    members.map(async ({ node, uuid }) => {
      const { name, address } = node;
      const controlPlane = name === 'k8s-master';
      return machineObject({ name, address, bootId: await node.bootId(), uuid, controlPlane });
    }),
  );
  const kubelets: Kubelet[] = [];
  return {
    plane,
    objects,
    startKubelets: async () => {
      for (const { node, startUnit } of members) {
        kubelets.push(await Kubelet.start({ api: plane.controllersApi, node, startUnit }));
      }
    },
    pods: async (namespace, selector) => {
      const query = `labelSelector=${encodeURIComponent(selector)}`;
      const path = `/api/v1/namespaces/${namespace}/pods?${query}`;
      return (await plane.api.call<{ items: readonly KubeObject[] }>(path)).items;
    },
    allReady: async (count) => {
      await until(`${count} pods are ready`, { seconds: 120, everyMs: 500 }, async () => {
        const { items } = await plane.api.call<{ items: readonly KubeObject[] }>('/api/v1/pods');
        return items.length === count && items.every(isReady);
      });
    },
    close: async () => {
      await Promise.all(kubelets.map((it) => it.close()));
    },
  };
}

/** The node that a pod was bound to. */
export const nodeNameOf = ({ spec }: KubeObject): string =>
  (spec as { readonly nodeName?: string }).nodeName ?? '';

/** Whether a pod says of itself that it is ready. */
export function isReady({ status = {} }: KubeObject): boolean {
  const { conditions = [] } = status as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some((it) => it.type === 'Ready' && it.status === 'True');
}
