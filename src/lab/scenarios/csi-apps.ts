import { otherPod, suffix } from '../bystanders.ts';
import { hex, uuid } from '../chance.ts';
import type { Pod, Volume, Workload, World } from '../world.ts';

/** Other people's pods that wait for a mount: the blast of an unregistered driver (DOMAIN 2.1, 2.4: 40+ pods of 20+ namespaces). */

/** Namespaces, each with one application of its name. */
const APPS: readonly string[] = [
  'immich',
  'jellyfin',
  'audiobookshelf',
  'calibre',
  'navidrome',
  'sonarr',
  'radarr',
  'prowlarr',
  'bazarr',
  'sabnzbd',
  'linkwarden',
  'vikunja',
  'mealie',
  'stirling',
  'gitea',
  'n8n',
  'homepage',
  'changedetection',
  'freshrss',
  'wallabag',
  'karakeep',
  'ntfy',
];

/** Pods that wait on nodes: how many of each application, since when, and how many of them kubelet has given up. */
export interface Waiting {
  readonly nodes: readonly string[];
  readonly apps: number;
  readonly replicas: number;
  readonly since: number;
  readonly laggards: number;
}

const workloadOf = (world: World, app: string, replicas: number): Workload => ({
  kind: 'ReplicaSet',
  namespace: app,
  name: `${app}-${hex(10, world.seed, 'rs', app)}`,
  app,
  deployment: app,
  replicas,
  stores: true,
});

const volumeOf = (world: World, app: string): Volume => ({
  namespace: app,
  claim: `${app}-data`,
  name: `pvc-${uuid(world.seed, 'pv', app)}`,
  backend: 'nfs',
  slowToChown: false,
});

/** Adds applications whose pods stand in ContainerCreating, spread over the nodes. */
export function waitingApps(world: World, it: Waiting): World {
  const apps = APPS.slice(0, it.apps);
  const workloads = apps.map((app) => workloadOf(world, app, it.replicas));
  const pods = workloads.flatMap((workload, i) =>
    Array.from({ length: it.replicas }, (_, j): Pod => {
      const number = i * it.replicas + j;
      const name = `${workload.name}-${suffix(5, world.seed, workload.app, j)}`;
      const uid = uuid(world.seed, 'pod', workload.namespace, name);
      const node = it.nodes[number % it.nodes.length] ?? '';
      return {
        ...otherPod(workload, node, name, uid, it.since + number * 40_000),
        ...(number % 9 === 4 && number < it.laggards * 9 ? { laggard: true as const } : {}),
      };
    }),
  );
  return {
    ...world,
    workloads: [...world.workloads, ...workloads],
    volumes: [...world.volumes, ...apps.map((app) => volumeOf(world, app))],
    pods: [...world.pods, ...pods],
  };
}

/** Kubelet comes back to a mount about every two minutes. */
const RETRY_MS = 122_000;

/** Events that have been counted for as long as their pods wait. */
export const aged = (world: World): World => ({
  ...world,
  events: world.events.map((event) => {
    const pod = world.pods.find((it) => it.uid === event.podUid);
    if (pod === undefined || event.reason !== 'FailedMount') return event;
    const before = Math.floor((event.first - pod.since) / RETRY_MS);
    return { ...event, first: pod.since, count: event.count + Math.max(0, before) };
  }),
});
