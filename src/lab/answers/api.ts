import { between } from '../chance.ts';
import { failed, printed, unknownCommand } from '../said.ts';
import type { Said } from '../said.ts';
import { leaseObject, nodeObject } from '../objects/node.ts';
import { podObject, serverIn } from '../objects/pod.ts';
import { endpointSlices, statefulSetObject, volumeObject } from '../objects/vault-set.ts';
import { agentSetObject } from '../objects/agents.ts';
import { eventObject, daemonSetObject, hasLog, logText } from '../objects/small.ts';
import type { Pod, World } from '../world.ts';
import { LISTS } from './lists.ts';
import { json, list, matches, notFound } from './route.ts';
import { RUN_LEASE_ROUTE } from './run-lease.ts';
import type { Asked, Route } from './route.ts';
import type { Kubectl } from './turn.ts';
import { timedOut } from './turn.ts';
import { get, renamed } from './vault-http.ts';

/** The API server's reads, by path: `kubectl get --raw PATH`. */

function pods({ world, parts: [namespace], query }: Asked): Said {
  const onNode = /^spec\.nodeName=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  const picked = world.pods.filter(
    (pod) =>
      (namespace === undefined || pod.namespace === namespace) &&
      (onNode === undefined || pod.node === onNode) &&
      matches(pod.labels, query.get('labelSelector')),
  );
  const about = onNode === undefined ? 'api/all-pods' : 'api/pods-on-node';
  return list(
    namespace === undefined ? about : 'api/pods-of-namespace',
    'Pod',
    picked.map((pod) => podObject(world, pod)),
  );
}

const podNamed = (world: World, namespace: string, name: string): Pod | undefined =>
  world.pods.find((pod) => pod.namespace === namespace && pod.name === name);

function onePod({ world, parts: [namespace = '', name = ''] }: Asked): Said {
  const found = podNamed(world, namespace, name);
  if (found === undefined) return notFound('api/pod-missing', 'pods', name);
  const by = found.deletion === undefined ? 'api/pod' : 'api/pod-terminating';
  return json(by, podObject(world, found));
}

function proxied({
  world,
  line,
  parts: [namespace = '', target = '', rest = ''],
  query,
}: Asked): Said {
  const [, name = '', port = ''] = target.split(':');
  const found = podNamed(world, namespace, name);
  if (found === undefined) return notFound('api/proxy-pod-missing', 'pods', name);
  if (found.ip === undefined) {
    return failed('api/proxy-no-address', 'Error from server (BadRequest): address not allowed');
  }
  const where = `${found.ip}:${port}`;
  if (serverIn(world, found) === undefined || port !== '8200') {
    return failed(
      'api/proxy-refused',
      `Error from server (ServiceUnavailable): error trying to reach service: dial tcp ${where}: connect: connection refused`,
    );
  }
  const heard = get(world, found, rest);
  if (heard.is === 'silent') return timedOut(heard.by, line.timeoutMs);
  if (heard.is === 'refused') {
    return failed(
      'api/proxy-refused',
      `Error from server (ServiceUnavailable): error trying to reach service: dial tcp ${where}: connect: connection refused`,
    );
  }
  if (heard.afterMs >= line.timeoutMs) return timedOut(heard.by, line.timeoutMs);
  const status = renamed(heard.status, query);
  return status >= 200 && status < 300
    ? printed(heard.by, `${JSON.stringify(heard.body)}\n`, heard.afterMs)
    : failed(heard.by, notOk(status), 1, heard.afterMs);
}

/** What is left of an answer that is not 2xx: `get --raw` drops the body (evidence/kubectl-raw-podproxy-status-codes). */
function notOk(status: number): string {
  switch (status) {
    case 400:
      return 'Error from server (BadRequest): the server rejected our request for an unknown reason';
    case 403:
      return 'Error from server (Forbidden): unknown';
    case 404:
      return 'Error from server (NotFound): the server could not find the requested resource';
    case 429:
      return 'Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later';
    case 500:
    case 501:
      return 'Error from server (InternalError): an error on the server ("unknown") has prevented the request from succeeding';
    case 503:
      return 'Error from server (ServiceUnavailable): the server is currently unable to handle the request';
    default:
      return `Error from server: the server responded with the status code ${status} but did not return more information`;
  }
}

function podLog({ world, line, parts: [namespace = '', name = ''], query }: Asked): Said {
  const found = podNamed(world, namespace, name);
  if (found === undefined) return notFound('api/log-pod-missing', 'pods', name);
  const container = query.get('container') ?? 'vault';
  const node = world.nodes.find((it) => it.name === found.node);
  if (node?.power === 'on' && node.kubelet === 'down') {
    const tail = `tailLines=${query.get('tailLines') ?? ''}&timestamps=true`;
    const url = `https://${node.address}:10250/containerLogs/${namespace}/${name}/${container}?${tail}`;
    return failed(
      'api/log-no-kubelet',
      `Error from server: Get "${url}": dial tcp ${node.address}:10250: connect: connection refused`,
    );
  }
  if (node?.kubelet !== 'running' || node.power !== 'on') {
    return timedOut('api/log-kubelet-hangs', line.timeoutMs);
  }
  if (!hasLog(found, container)) {
    return failed(
      'api/log-waiting',
      `Error from server (BadRequest): container "${container}" in pod "${name}" is waiting to start: ContainerCreating`,
    );
  }
  const tail = Number(query.get('tailLines') ?? '1000');
  return printed(
    'api/log',
    logText(world, found, container, tail, 'kubectl'),
    between(10, 120, world.seed, name, world.at),
  );
}

/** The API server forgets events after an hour (COMMANDS C.2). */
const EVENT_LIFE_MS = 3_600_000;

function failedMounts({ world, query }: Asked): Said {
  const reason = /^reason=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  const picked = world.events.filter(
    (it) => it.reason === reason && it.last > world.at - EVENT_LIFE_MS,
  );
  return list('api/failed-mounts', 'Event', picked.map(eventObject));
}

const ROUTES: readonly Route[] = [
  ...LISTS,
  RUN_LEASE_ROUTE,
  [/^\/readyz$/, () => printed('api/ready', 'ok')],
  [
    /^\/api\/v1\/nodes$/,
    ({ world }) =>
      list(
        'api/nodes',
        'Node',
        world.nodes.map((node) => nodeObject(world, node)),
      ),
  ],
  [
    /^\/api\/v1\/nodes\/([^/]+)$/,
    ({ world, parts: [name = ''] }) => {
      const node = world.nodes.find((it) => it.name === name);
      return node === undefined
        ? notFound('api/node-missing', 'nodes', name)
        : json('api/node', nodeObject(world, node));
    },
  ],
  [/^\/api\/v1\/pods$/, pods],
  [/^\/api\/v1\/namespaces\/([^/]+)\/pods$/, pods],
  [/^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/:]+)$/, onePod],
  [/^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/:]+)\/log$/, podLog],
  [/^\/api\/v1\/namespaces\/([^/]+)\/pods\/(https?:[^/:]+:\d+)\/proxy(\/.*)$/, proxied],
  [
    /^\/apis\/discovery\.k8s\.io\/v1\/namespaces\/vault\/endpointslices$/,
    ({ world, query }) => {
      const selector = query.get('labelSelector') ?? '';
      const service = /^kubernetes\.io\/service-name=(.+)$/.exec(selector)?.[1] ?? '';
      return list(
        'api/endpoint-slices',
        'EndpointSlice',
        endpointSlices(world, service),
        'discovery.k8s.io/v1',
      );
    },
  ],
  [
    /^\/api\/v1\/persistentvolumes$/,
    ({ world }) => list('api/volumes', 'PersistentVolume', world.volumes.map(volumeObject)),
  ],
  [
    /^\/apis\/apps\/v1\/namespaces\/([^/]+)\/statefulsets\/([^/]+)$/,
    ({ world, parts: [namespace, name = ''] }) =>
      namespace === 'vault' && name === 'vault'
        ? json('api/statefulset', statefulSetObject(world))
        : notFound('api/statefulset-missing', 'statefulsets.apps', name),
  ],
  [
    /^\/apis\/apps\/v1\/namespaces\/([^/]+)\/daemonsets\/([^/]+)$/,
    ({ world, parts: [namespace = '', name = ''] }) => {
      if (namespace === 'kured' && name === 'kured') return json('api/kured', daemonSetObject());
      const found = agentSetObject(world, namespace, name);
      return found === undefined
        ? notFound('api/daemonset-missing', 'daemonsets.apps', name)
        : json('api/daemonset', found);
    },
  ],
  [/^\/apis\/batch\/v1\/namespaces\/([^/]+)\/jobs$/, () => list('api/jobs', 'Job', [], 'batch/v1')],
  [
    /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/kube-node-lease\/leases\/([^/]+)$/,
    ({ world, parts: [name = ''] }) => {
      const node = world.nodes.find((it) => it.name === name);
      return node === undefined
        ? notFound('api/node-lease-missing', 'leases.coordination.k8s.io', name)
        : json('api/node-lease', leaseObject(world, node));
    },
  ],
  [/^\/api\/v1\/events$/, failedMounts],
  [
    /^\/api\/v1\/namespaces\/([^/]+)\/events$/,
    ({ world, parts: [namespace], query }) => {
      const about = /^involvedObject\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
      const picked = world.events.filter((it) => it.namespace === namespace && it.pod === about);
      return list('api/pod-events', 'Event', picked.map(eventObject));
    },
  ],
];

/** Answers a read of the API server. */
export function apiGet(world: World, line: Kubectl, target: string): Said {
  const [path = '', search = ''] = target.split('?');
  const query = new URLSearchParams(search);
  for (const [pattern, route] of ROUTES) {
    const match = pattern.exec(path);
    if (match !== null) {
      return route({ world, line, parts: match.slice(1).map(decodeURIComponent), query });
    }
  }
  return unknownCommand(`kubectl get --raw ${target}`);
}
