import type { PodRef } from '../../src/runbook/references.ts';
import type { Site } from '../../src/runbook/site.ts';
import { listAllClaims, listVolumes } from '../../src/tools/kubectl/claims.ts';
import { getCsiNode, listCsiNodes } from '../../src/tools/kubectl/csi-nodes.ts';
import { getDaemonSet } from '../../src/tools/kubectl/daemon-sets.ts';
import { failedMounts } from '../../src/tools/kubectl/events.ts';
import { getNode, listNodes } from '../../src/tools/kubectl/nodes.ts';
import { getPod, listAllPods, listPods, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { apiReady } from '../../src/tools/kubectl/ready.ts';
import { askServer } from '../../src/tools/nfs/answer.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { testMount } from '../../src/tools/nfs/probe.ts';
import { nfsServer } from '../../src/tools/nfs/server.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { remains } from '../../src/tools/node/remains.ts';
import { sandboxes } from '../../src/tools/node/sandboxes.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import type { Contest, Kind, Lost, Patient } from './facts.ts';

/** The driver's pods, one on each node. */
export const drivers = ({ cluster, csi }: Site) =>
  listPods(cluster, csi.namespace, csi.nodeSelector);

/** The pods of one kind. */
export function podsOf(site: Site, kind: Kind) {
  const { cluster, csi, speakers } = site;
  if (kind === 'controller') return listPods(cluster, csi.namespace, csi.controllerSelector);
  return kind === 'speaker' && speakers !== undefined
    ? listPods(cluster, speakers.namespace, speakers.selector)
    : drivers(site);
}

/** Everything that the API server says about the driver and who waits for it: no node is asked. */
export const sight = (site: Site) => ({
  nodes: listNodes(site.cluster),
  csiNodes: listCsiNodes(site.cluster),
  set: getDaemonSet(site.cluster, site.csi.namespace, site.csi.daemonSet),
  drivers: drivers(site),
  controllers: podsOf(site, 'controller'),
  agents: listPods(site.cluster, site.network.namespace, site.network.selector),
  speakers: site.speakers === undefined ? undefined : podsOf(site, 'speaker'),
  pods: listAllPods(site.cluster),
  claims: listAllClaims(site.cluster),
  volumes: listVolumes(site.cluster),
  failed: failedMounts(site.cluster),
});

/** From so many nodes the NFS server is asked: two must get an answer, and one or two may be sick themselves. */
const ASKED = 4;

/** The NFS server from the network and from inside, where the inventory names it (COMMANDS B.6, B.8). */
export const serverLook = (site: Site) => {
  const server = site.nfs?.server;
  return {
    answers:
      server === undefined
        ? {}
        : Object.fromEntries(
            site.nodes.slice(0, ASKED).map(({ name }) => [name, askServer(name, server)]),
          ),
    server: nfsServer(site),
  };
};

/** What must be in order before a node is worked on (COMMANDS C.4, step 0). */
export const gateLook = (site: Site, node: string) => ({
  scan: tasks(node),
  answer: site.nfs === undefined ? undefined : askServer(node, site.nfs.server),
  node: getNode(site.cluster, node),
  kubelet: kubelet(node),
});

/** Who holds the ports that the pod needs (COMMANDS C.3). The API's list is good for proof only while it is ready. */
export const portLook = (site: Site, { node }: Patient, { ports }: Contest) => ({
  owners: Object.fromEntries(ports.map((port) => [String(port), portOwner(node, port)])),
  sandboxes: sandboxes(node),
  pods: podsOnNode(site.cluster, node),
  ready: apiReady(site.cluster),
});

/** The successor of a deleted pod. */
export const arrivalLook = (site: Site, { kind, node }: Patient) => ({
  pods: podsOf(site, kind),
  csiNode: kind === 'driver' ? getCsiNode(site.cluster, node) : undefined,
});

/** A test mount with the version that the node's own mounts negotiate, where the inventory names an export (COMMANDS B.5). */
export const canaryOn = ({ nfs }: Site, node: string) =>
  nfs?.export === undefined
    ? undefined
    : testMount(node, { ...nfs, export: nfs.export }, 'default');

/** The same on several nodes. */
export const canariesOn = (site: Site, nodes: readonly string[]) =>
  Object.fromEntries(
    nodes.flatMap((node) => {
      const mount = canaryOn(site, node);
      return mount === undefined ? [] : [[node, mount] as const];
    }),
  );

/** What proves that nothing of a lost pod runs any more (COMMANDS C.4, F). */
export const lostLook = (site: Site, { pod }: Lost) => ({
  pod: getPod(site.cluster, pod),
  node: getNode(site.cluster, pod.node),
  kubelet: kubelet(pod.node),
  remains: remains(pod.node, pod.uid),
  clients: nfsClients(site),
  volumes: listVolumes(site.cluster),
});

/** Who may hold the lock of a Vault pod's database: the server's clients, and what runs on every node. */
export const lockLook = (site: Site, pod: PodRef) => ({
  clients: nfsClients(site),
  sandboxes: Object.fromEntries(site.nodes.map(({ name }) => [name, sandboxes(name)])),
  pods: listAllPods(site.cluster),
  pod: getPod(site.cluster, pod),
});
