import { between, hex, uuid } from './chance.ts';
import type { Pod } from './world.ts';

/** Other people's pods: what shares a node with Vault, for blast radius and for what must not change (DOMAIN 1). */

type Kind = 'StatefulSet' | 'ReplicaSet' | 'DaemonSet';

const WORKLOADS: readonly (readonly [string, string, Kind, readonly string[]])[] = [
  ['monitoring', 'prometheus-server', 'StatefulSet', ['k8s-node4']],
  ['monitoring', 'grafana', 'ReplicaSet', ['k8s-node2']],
  ['external-secrets', 'external-secrets', 'ReplicaSet', ['k8s-node1']],
  ['woodpecker', 'woodpecker-server', 'StatefulSet', ['k8s-node3']],
  ['dbaas', 'mysql-standalone', 'StatefulSet', ['k8s-node3']],
  ['redis', 'redis-node', 'StatefulSet', ['k8s-node1', 'k8s-node2']],
  ['technitium', 'technitium', 'ReplicaSet', ['k8s-node4']],
  ['traefik', 'traefik', 'ReplicaSet', ['k8s-node1', 'k8s-node2', 'k8s-node4']],
  ['nextcloud', 'nextcloud', 'ReplicaSet', ['k8s-node3']],
  ['kured', 'kured', 'DaemonSet', ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4']],
  [
    'nfs-csi',
    'csi-nfs-node',
    'DaemonSet',
    ['k8s-master', 'k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'],
  ],
];

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

/** The end of a name that a controller makes up. */
export const suffix = (length: number, ...about: readonly (string | number)[]): string =>
  Array.from({ length }, (_, i) => SUFFIX[between(0, SUFFIX.length - 1, ...about, i)]).join('');

/** The bystanders of a world that begins at `start`. */
export const bystanders = (seed: number, start: number): readonly Pod[] =>
  WORKLOADS.flatMap(([namespace, app, kind, nodes]) => {
    const set = kind === 'ReplicaSet' ? `${app}-${hex(10, seed, 'rs', app)}` : app;
    return nodes.map((node, i): Pod => {
      const name = kind === 'StatefulSet' ? `${app}-${i}` : `${set}-${suffix(5, seed, app, node)}`;
      const createdAt = start - between(2, 30, seed, namespace, name) * 86_400_000;
      return {
        uid: uuid(seed, 'pod', namespace, name),
        namespace,
        name,
        node,
        ip: `10.10.${between(1, 250, seed, node)}.${between(4, 250, seed, name)}`,
        createdAt,
        stage: 'running',
        since: createdAt + 12_000,
        owner: { kind, name: set },
        labels: { app, 'app.kubernetes.io/name': app },
        containers: [app],
        claims: [],
        restarts: 0,
      };
    });
  });
