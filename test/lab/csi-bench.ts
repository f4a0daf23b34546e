import { orphanOf } from '../../src/tools/csi/orphans.ts';
import { contestedPort } from '../../src/tools/csi/ports.ts';
import { registration } from '../../src/tools/csi/registered.ts';
import type { Registration } from '../../src/tools/csi/registered.ts';
import { getCsiNode } from '../../src/tools/kubectl/csi-nodes.ts';
import { listAllPods, listPods } from '../../src/tools/kubectl/pods.ts';
import type { Pod } from '../../src/tools/kubectl/pods.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import type { Sandbox } from '../../src/tools/node/sandboxes.ts';
import type { Bench } from './bench.ts';

/** Questions that tests of the NFS CSI side ask again and again, through the real tools. */

/** The pods that look after the nodes, by what they are. */
export function agentsOf(on: Bench, kind: 'driver' | 'controller' | 'network' | 'speaker') {
  const { cluster, csi, network, speakers } = on.lab.site;
  switch (kind) {
    case 'driver':
      return on.value(listPods(cluster, csi.namespace, csi.nodeSelector));
    case 'controller':
      return on.value(listPods(cluster, csi.namespace, csi.controllerSelector));
    case 'network':
      return on.value(listPods(cluster, network.namespace, network.selector));
    case 'speaker':
      return on.value(listPods(cluster, speakers?.namespace ?? '', speakers?.selector ?? ''));
  }
}

/** The one on that node. */
export async function agentOn(
  on: Bench,
  kind: 'driver' | 'controller' | 'network' | 'speaker',
  node: string,
): Promise<Pod> {
  const pod = (await agentsOf(on, kind)).find((it) => it.node === node);
  if (pod === undefined) throw new Error(`no ${kind} on ${node}`);
  return pod;
}

/** Whether the driver is registered on a node, by its CSINode and its pod. */
export async function registered(on: Bench, node: string): Promise<Registration> {
  const { cluster, csi } = on.lab.site;
  const pod = (await agentsOf(on, 'driver')).find((it) => it.node === node);
  return registration(csi.driver, await on.value(getCsiNode(cluster, node)), pod);
}

/** The nodes on which it is registered. */
export async function registeredNodes(on: Bench): Promise<readonly string[]> {
  const words = await Promise.all(
    on.lab.site.nodes.map(async ({ name }) => [name, await registered(on, name)] as const),
  );
  return words.filter(([, word]) => word.is === 'registered').map(([name]) => name);
}

/** The port that a pod of the driver could not take. */
export const contested = async (on: Bench, node: string) =>
  contestedPort(await agentOn(on, 'driver', node));

/** Pods that stand in ContainerCreating. */
export async function waiting(on: Bench): Promise<readonly Pod[]> {
  const pods = await on.value(listAllPods(on.lab.site.cluster));
  return pods.filter(
    (pod) =>
      pod.phase === 'Pending' && pod.containers.some((it) => it.reason === 'ContainerCreating'),
  );
}

/** The sandbox of that pod UID on a node. */
export async function sandboxOf(on: Bench, node: string, uid: string): Promise<Sandbox> {
  const found = (await on.value(sandboxes(node))).sandboxes.find((it) => it.podUid === uid);
  if (found === undefined) throw new Error(`no sandbox of ${uid} on ${node}`);
  return found;
}

/** The sandboxes of a node whose pod the API does not know. */
export async function orphansOn(on: Bench, node: string): Promise<readonly Sandbox[]> {
  const pods = await on.value(listAllPods(on.lab.site.cluster));
  const seen = await on.value(sandboxes(node));
  return seen.sandboxes.filter((it) => orphanOf(it.podUid, pods) === 'orphan');
}
