import { between, hex, uuid } from './chance.ts';
import type { Budget, Pod, Volume, Workload } from './world.ts';

/** Other people's pods: what shares a node with Vault, for blast radius and for what must not change (DOMAIN 1). */

interface Other {
  readonly namespace: string;
  readonly app: string;
  readonly kind: 'StatefulSet' | 'ReplicaSet' | 'DaemonSet';
  /** Where its pods are before anything happens, one on each. */
  readonly nodes: readonly string[];
  /** Where its data lies: on a share, or on a disk that is plugged into the node's machine. */
  readonly store?: 'nfs' | 'block';
  /** The GPU holds it where it is. */
  readonly pinned?: string;
}

const other = (
  namespace: string,
  app: string,
  kind: Other['kind'],
  nodes: readonly string[],
  store?: 'nfs' | 'block',
): Other => ({ namespace, app, kind, nodes, ...(store === undefined ? {} : { store }) });

const WORKERS = ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'];

const OTHERS: readonly Other[] = [
  other('monitoring', 'prometheus-server', 'StatefulSet', ['k8s-node4'], 'block'),
  other('monitoring', 'grafana', 'ReplicaSet', ['k8s-node2'], 'nfs'),
  other('external-secrets', 'external-secrets', 'ReplicaSet', ['k8s-node1']),
  other('woodpecker', 'woodpecker-server', 'StatefulSet', ['k8s-node3'], 'block'),
  other('dbaas', 'mysql-standalone', 'StatefulSet', ['k8s-node3'], 'block'),
  other('redis', 'redis-node', 'StatefulSet', ['k8s-node1', 'k8s-node2'], 'block'),
  other('technitium', 'technitium', 'ReplicaSet', ['k8s-node4'], 'nfs'),
  other('traefik', 'traefik', 'ReplicaSet', ['k8s-node1', 'k8s-node2', 'k8s-node4']),
  other('nextcloud', 'nextcloud', 'ReplicaSet', ['k8s-node3'], 'nfs'),
  other('paperless', 'paperless-ngx', 'ReplicaSet', ['k8s-node2'], 'nfs'),
  { ...other('frigate', 'frigate', 'ReplicaSet', ['k8s-node1'], 'nfs'), pinned: 'k8s-node1' },
  other('kured', 'kured', 'DaemonSet', WORKERS),
];

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

/** The end of a name that a controller makes up. */
export const suffix = (length: number, ...about: readonly (string | number)[]): string =>
  Array.from({ length }, (_, i) => SUFFIX[between(0, SUFFIX.length - 1, ...about, i)]).join('');

/** What owns the pods: a Deployment's pods belong to a ReplicaSet with a name of its own. */
const ownerName = (seed: number, { app, kind }: Other): string =>
  kind === 'ReplicaSet' ? `${app}-${hex(10, seed, 'rs', app)}` : app;

/** The claim of a pod: a StatefulSet has one for each of its pods. */
const claimOf = ({ app, kind }: Pick<Other, 'app' | 'kind'>, pod: string): string =>
  kind === 'StatefulSet' ? `data-${pod}` : `${app}-data`;

/** The pod that a controller of other people makes, before it has done anything. */
export function otherPod(it: Workload, node: string, name: string, uid: string, at: number): Pod {
  return {
    uid,
    namespace: it.namespace,
    name,
    node,
    createdAt: at,
    stage: 'mounting',
    since: at,
    owner: { kind: it.kind, name: it.name },
    labels: { app: it.app, 'app.kubernetes.io/name': it.app },
    containers: [it.app],
    claims: it.stores ? [claimOf(it, name)] : [],
    restarts: 0,
  };
}

/** Their controllers, as the API server lists them; DaemonSets are kept by another rule. */
export const otherWorkloads = (seed: number): readonly Workload[] =>
  OTHERS.map((it): Workload => ({
    kind: it.kind,
    namespace: it.namespace,
    name: ownerName(seed, it),
    app: it.app,
    ...(it.kind === 'ReplicaSet' ? { deployment: it.app } : {}),
    replicas: it.nodes.length,
    stores: it.store !== undefined,
    ...(it.pinned === undefined ? {} : { pinned: it.pinned }),
  }));

/** The bystanders of a world that begins at `start`. */
export const bystanders = (seed: number, start: number): readonly Pod[] =>
  OTHERS.flatMap((it, at) => {
    const workload = otherWorkloads(seed)[at];
    if (workload === undefined) return [];
    return it.nodes.map((node, i): Pod => {
      const name =
        it.kind === 'StatefulSet'
          ? `${it.app}-${i}`
          : `${workload.name}-${suffix(5, seed, it.app, node)}`;
      const createdAt = start - between(2, 30, seed, it.namespace, name) * 86_400_000;
      const uid = uuid(seed, 'pod', it.namespace, name);
      return {
        ...otherPod(workload, node, name, uid, createdAt),
        ip: `10.10.${between(1, 250, seed, node)}.${between(4, 250, seed, name)}`,
        stage: 'running',
        since: createdAt + 12_000,
      };
    });
  });

/** Their volumes; `shares` says where those lie that are shares. */
export const otherVolumes = (seed: number, shares: 'nfs' | 'block'): readonly Volume[] =>
  OTHERS.flatMap((it): readonly Volume[] => {
    const { store, app, kind, namespace } = it;
    if (store === undefined) return [];
    const pods = kind === 'StatefulSet' ? it.nodes.map((_, i) => `${app}-${i}`) : [app];
    return pods.map((pod): Volume => {
      const claim = claimOf(it, pod);
      const name = `pvc-${uuid(seed, 'pv', namespace, claim)}`;
      const backend = store === 'nfs' ? shares : store;
      return { namespace, claim, name, backend, slowToChown: false };
    });
  });

/** Vault's own budget, by its chart, and those of two that people look after (COMMANDS A.6). */
export const BUDGETS: readonly Budget[] = [
  {
    namespace: 'vault',
    name: 'vault',
    matchLabels: { 'app.kubernetes.io/name': 'vault' },
    maxUnavailable: 1,
  },
  { namespace: 'traefik', name: 'traefik', matchLabels: { app: 'traefik' }, minAvailable: 2 },
  { namespace: 'redis', name: 'redis-node', matchLabels: { app: 'redis-node' }, maxUnavailable: 1 },
];
