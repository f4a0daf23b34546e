import { podRefOf } from '../../../src/deeds/references.ts';
import { contestedPort, portsOf } from '../../../src/tools/csi/ports.ts';
import type { Claim, Volume } from '../../../src/tools/kubectl/claims.ts';
import { volumesNamed } from '../../../src/tools/kubectl/events.ts';
import type { FailedMount } from '../../../src/tools/kubectl/events.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Init, Pod, PodVolume } from '../../../src/tools/kubectl/pods.ts';
import type { Kind, Patient } from '../facts.ts';

/** Something with namespace and name, for people. */
export const path = (it: { readonly namespace: string; readonly name: string }): string =>
  `${it.namespace}/${it.name}`;

/** `no pod waits`, `1 pod waits`, `3 pods wait`. */
export const counted = (count: number, one: string, many: string): string =>
  count === 0 ? `no ${one}` : `${count} ${count === 1 ? one : many}`;

/** A list that stays readable: the first few, and how many more there are. */
export function few(names: readonly string[], most = 5): string {
  if (names.length === 0) return 'none';
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

/** Reasons that a container gives while its volumes are not mounted yet. */
const NOT_CREATED = new Set(['ContainerCreating', 'PodInitializing']);

/** A container that was not made yet: a reason of its own (CrashLoopBackOff, ImagePullBackOff) comes after the volumes. */
const isNotMade = ({ state, reason }: Init): boolean =>
  state === 'unknown' || (state === 'waiting' && NOT_CREATED.has(reason ?? ''));

/**
 * A pod that has its node and waits for what its containers need, volumes among it. The kubelet starts the first init
 * container once all volumes are mounted: a pod in which one runs or has run is at work, however long it is Pending.
 */
export const isWaiting = (pod: Pod): boolean =>
  pod.phase === 'Pending' &&
  pod.node !== undefined &&
  pod.deletionTimestamp === undefined &&
  pod.containers.length > 0 &&
  pod.containers.every(isNotMade) &&
  (pod.inits ?? []).every(isNotMade);

/** The volumes of a pod that lie on NFS, through its claims. */
export function nfsVolumes(
  pod: Pod,
  claims: readonly Claim[],
  volumes: readonly Volume[],
): readonly Volume[] {
  return pod.claims.flatMap((name) => {
    const claim = claims.find((c) => c.namespace === pod.namespace && c.name === name);
    const volume = volumes.find((v) => v.name === claim?.volume);
    return volume?.backend === 'nfs' ? [volume] : [];
  });
}

/** Whether a pod needs the node's NFS client: by a claim, or by a volume of type nfs in its own spec. */
export const usesNfs = (pod: Pod, claims: readonly Claim[], volumes: readonly Volume[]): boolean =>
  pod.inlineNfs || nfsVolumes(pod, claims, volumes).length > 0;

/** Whether an event is about this pod: by its UID, and by its name where the event has none. */
export const isAbout = (event: FailedMount, pod: Pod): boolean =>
  event.podUid === undefined
    ? pod.namespace === event.namespace && pod.name === event.pod
    : pod.uid === event.podUid;

/** The token that every pod gets: no volume anybody chose. */
const TOKEN = /^kube-api-access-/;

/**
 * Whether a failed mount is about a volume of the pod that lies on NFS, by the names in the event; one that names none counts
 * where the pod has nothing else that could fail (a missing ConfigMap is no fault of the kernel's NFS client).
 */
export function isNfsFailure(
  { message }: FailedMount,
  pod: Pod,
  claims: readonly Claim[],
  volumes: readonly Volume[],
): boolean {
  const onNfs = (claim: string): readonly string[] =>
    nfsVolumes({ ...pod, claims: [claim] }, claims, volumes).map((v) => v.name);
  const isNfs = (it: PodVolume): boolean =>
    it.inlineNfs || (it.claim !== undefined && onNfs(it.claim).length > 0);
  const own = pod.volumes ?? [];
  const names = [
    ...pod.claims.flatMap(onNfs),
    ...own.flatMap((it) => (isNfs(it) ? [it.name] : [])),
  ];
  const named = volumesNamed(message);
  if (named.length > 0) return named.some((name) => names.includes(name));
  return (
    usesNfs(pod, claims, volumes) &&
    pod.claims.every((claim) => onNfs(claim).length > 0) &&
    own.every((it) => isNfs(it) || TOKEN.test(it.name))
  );
}

/** Pods that are first among equals: restarting what carries them is asked for apart (DOMAIN 2.1, A3). */
function leadOf(pod: Pod): string | undefined {
  const { labels } = pod;
  if (labels['vault-active'] === 'true' || labels['openbao-active'] === 'true')
    return `the active Vault pod ${path(pod)}`;
  const primary =
    labels['cnpg.io/instanceRole'] === 'primary' ||
    (labels['cnpg.io/cluster'] !== undefined && labels['role'] === 'primary');
  return primary ? `the database primary ${path(pod)}` : undefined;
}

/** How a control plane is called among what a node carries. */
export const CONTROL_PLANE = 'the control plane';

/** What a node carries that must not be disturbed lightly. */
export const carriedBy = (node: Node, pods: readonly Pod[]): readonly string[] => [
  ...(node.controlPlane ? [CONTROL_PLANE] : []),
  ...pods.flatMap((p) => {
    const lead = p.node === node.name ? leadOf(p) : undefined;
    return lead === undefined ? [] : [lead];
  }),
];

/** The pod that is to be repaired, with everything the ladder needs to know of it. */
export function patientOf(
  kind: Kind,
  pod: Pod,
  because: string,
  around: {
    readonly nodes: readonly Node[];
    readonly pods: readonly Pod[];
    readonly peers: readonly Pod[];
  },
): Patient {
  const node = around.nodes.find((n) => n.name === pod.node);
  const planes = around.nodes.filter((n) => n.controlPlane);
  return {
    kind,
    node: pod.node ?? '',
    pod: podRefOf(pod),
    because,
    ports: [...new Set(portsOf(pod).map((it) => it.port))],
    contested: contestedPort(pod)?.port ?? null,
    crashed: pod.containers
      .filter((c) => c.restarts > 0 || c.lastTermination !== undefined)
      .map((c) => c.name),
    known: around.peers.map((p) => p.uid),
    soleControlPlane: node?.controlPlane === true && planes.length === 1,
    carries: node === undefined ? [] : carriedBy(node, around.pods),
  };
}

/** What a pod that does not come up shows: `csi-nfs-node-x7k2p: liveness-probe CrashLoopBackOff (96 restarts)`. */
export function sayPod(pod: Pod): string {
  const ill = pod.containers.filter((c) => !c.ready);
  const said = ill.map(
    (c) => `${c.name} ${c.reason ?? c.state}${c.restarts > 0 ? ` (${c.restarts} restarts)` : ''}`,
  );
  const leaving = pod.deletionTimestamp === undefined ? '' : `, terminating`;
  return `${pod.name}: ${said.length === 0 ? pod.phase : said.join(', ')}${leaving}`;
}
