import type { NfsSite, Site } from '../../src/runbook/site.ts';
import { vmOnAnyHost } from '../../src/guards/vm.ts';
import { listAttachments } from '../../src/tools/kubectl/attachments.ts';
import { listAllBudgets } from '../../src/tools/kubectl/budgets.ts';
import { listAllClaims, listVolumes } from '../../src/tools/kubectl/claims.ts';
import { getCsiNode, listCsiNodes } from '../../src/tools/kubectl/csi-nodes.ts';
import { failedMounts } from '../../src/tools/kubectl/events.ts';
import { nodeLease } from '../../src/tools/kubectl/leases.ts';
import { getNode, listNodes } from '../../src/tools/kubectl/nodes.ts';
import { listAllPods, listPods, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { listWorkloads } from '../../src/tools/kubectl/workloads.ts';
import { askServer } from '../../src/tools/nfs/answer.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { testMount } from '../../src/tools/nfs/probe.ts';
import type { NfsVersion } from '../../src/tools/nfs/probe.ts';
import { nfsServer } from '../../src/tools/nfs/server.ts';
import { identity } from '../../src/tools/node/identity.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { nfsState } from '../../src/tools/node/nfs-state.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import type { NodeRef } from '../../src/runbook/references.ts';

const ask = (site: Site, node: string) =>
  site.nfs === undefined ? undefined : askServer(node, site.nfs.server);

const onEveryNode = <T>(site: Site, make: (node: string) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(site.nodes.map(({ name }) => [name, make(name)]));

const testable = (nfs: NfsSite | undefined): (NfsSite & { readonly export: string }) | undefined =>
  nfs?.export === undefined ? undefined : { ...nfs, export: nfs.export };

/** A test mount on a node, where the inventory names an export to mount. */
export const mountOn = (site: Site, node: string, version: NfsVersion = 'default') => {
  const nfs = testable(site.nfs);
  return nfs === undefined ? undefined : testMount(node, nfs, version);
};

/** Every node: what the API says, what waits there, and whether the NFS server answers from it. */
export const survey = (site: Site) => ({
  nodes: listNodes(site.cluster),
  scans: onEveryNode(site, tasks),
  answers:
    site.nfs === undefined
      ? {}
      : onEveryNode(site, (node) => askServer(node, site.nfs?.server ?? '')),
  server: nfsServer(site),
  events: failedMounts(site.cluster),
});

/** A test mount of the default version on every node, one after another. */
export const mountEverywhere = (site: Site) => {
  const nfs = testable(site.nfs);
  return {
    mounts: nfs === undefined ? {} : onEveryNode(site, (node) => testMount(node, nfs, 'default')),
  };
};

/** One node from close, without touching it; the control and the server beside it. */
export const closeLook = (site: Site, target: NodeRef, control: string) => ({
  scan: tasks(target.name),
  state: nfsState(target.name),
  kubelet: kubelet(target.name),
  here: ask(site, target.name),
  there: ask(site, control),
  clients: nfsClients(site),
});

/** Test mounts of the given versions on the target, in that order, and of the default on the control (COMMANDS B.5). */
export const tries = (
  site: Site,
  target: string,
  control: string,
  order: readonly NfsVersion[],
) => {
  const nfs = testable(site.nfs);
  return {
    kubelet: kubelet(target),
    lease: nodeLease(site.cluster, target),
    clients: nfsClients(site),
    control: nfs === undefined ? undefined : testMount(control, nfs, 'default'),
    tries: nfs === undefined ? [] : order.map((version) => testMount(target, nfs, version)),
  };
};

/** The node between two rungs; a test mount of the given version where there is something to measure. */
export const rungLook = (site: Site, node: string, measure: NfsVersion | undefined) => ({
  scan: tasks(node),
  state: nfsState(node),
  kubelet: kubelet(node),
  drivers: listPods(site.cluster, site.csi.namespace, site.csi.nodeSelector),
  pods: podsOnNode(site.cluster, node),
  mount: measure === undefined ? undefined : mountOn(site, node, measure),
});

/** The machine: the node as the API and as its guest know it, and its VM on whichever hypervisor has it. */
export const machine = (site: Site, node: string) => ({
  node: getNode(site.cluster, node),
  guest: identity({ on: 'node', node }),
  vms: vmOnAnyHost(site, node),
});

/** Everything that a reset of the node would hit (COMMANDS F: qm reset). */
export const hit = (site: Site) => ({
  pods: listAllPods(site.cluster),
  budgets: listAllBudgets(site.cluster),
  deployments: listWorkloads(site.cluster, 'deployments'),
  statefulSets: listWorkloads(site.cluster, 'statefulsets'),
  replicaSets: listWorkloads(site.cluster, 'replicasets'),
  attachments: listAttachments(site.cluster),
  csiNodes: listCsiNodes(site.cluster),
  nodes: listNodes(site.cluster),
});

/** What can be moved away first, and whether the kubelet is there to let go of it (COMMANDS D.4). */
export const drainLook = (site: Site, node: string) => ({
  node: getNode(site.cluster, node),
  kubelet: kubelet(node),
  lease: nodeLease(site.cluster, node),
  pods: podsOnNode(site.cluster, node),
  budgets: listAllBudgets(site.cluster),
  claims: listAllClaims(site.cluster),
  volumes: listVolumes(site.cluster),
});

/** The node after a boot: Ready, its network, its driver (DOMAIN 2.1: Calico, then CSI). */
export const arrival = (site: Site, node: string) => ({
  node: getNode(site.cluster, node),
  guest: identity({ on: 'node', node }),
  lease: nodeLease(site.cluster, node),
  network: listPods(site.cluster, site.network.namespace, site.network.selector),
  drivers: listPods(site.cluster, site.csi.namespace, site.csi.nodeSelector),
  csiNode: getCsiNode(site.cluster, node),
});

/** A repaired node while it has to stay well. */
export const wellness = (site: Site, node: string) => ({
  node: getNode(site.cluster, node),
  scan: tasks(node),
  kubelet: kubelet(node),
  drivers: listPods(site.cluster, site.csi.namespace, site.csi.nodeSelector),
  csiNode: getCsiNode(site.cluster, node),
});

/** What a repair leaves behind for people, and one more fresh mount: the last word on whether it stayed well. */
export const aftermath = (site: Site, node: string, version: NfsVersion) => ({
  pods: listAllPods(site.cluster),
  attachments: listAttachments(site.cluster),
  mount: mountOn(site, node, version),
});
