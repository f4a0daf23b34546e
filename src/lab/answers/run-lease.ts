import { uuid } from '../chance.ts';
import type { KeptLease, LeaseSpec } from '../lock-state.ts';
import type { AnswerId } from '../marks/answers.ts';
import { stamp } from '../objects/when.ts';
import { failed, unknownCommand } from '../said.ts';
import type { World } from '../world.ts';
import { json, notFound } from './route.ts';
import type { Route } from './route.ts';
import type { Turn } from './turn.ts';

/** The Lease that keeps runs apart: read, created, replaced (src/tools/kubectl/run-lease.ts). */

const NAME = 'sre-run';
const KIND = 'leases.coordination.k8s.io';
const PATH = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases(?:\/(sre-run))?$/;

/** Whether a path is that of these leases, or of their list. */
export const isLease = (target: string): boolean => PATH.test(target);

/** The resource version of a Lease that was written so often. */
const versionOf = ({ version }: KeptLease): string => String(80_412_345 + version);

function leaseObject(world: World, lease: KeptLease): object {
  const { namespace, labels, annotations, createdAt, spec } = lease;
  return {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    metadata: {
      name: NAME,
      namespace,
      uid: uuid(world.seed, 'lease', namespace, createdAt),
      resourceVersion: versionOf(lease),
      creationTimestamp: stamp(createdAt),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec,
  };
}

const keptIn = (world: World, namespace: string): KeptLease | undefined =>
  world.runLease?.namespace === namespace ? world.runLease : undefined;

/** Reads it. */
export const RUN_LEASE_ROUTE: Route = [
  /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases\/sre-run$/,
  ({ world, parts: [namespace = ''] }) => {
    const lease = keptIn(world, namespace);
    return lease === undefined
      ? notFound('api/lease-missing', KIND, NAME)
      : json('api/lease', leaseObject(world, lease));
  },
];

/** A manifest, as far as it is kept. */
interface Body {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: LeaseSpec;
}

/** What the API server has against a manifest, in its own words; `undefined`: nothing. */
function wrongIn(body: Body, namespace: string): string | undefined {
  const { metadata = {}, spec = {} } = body;
  if (body.kind !== 'Lease' || metadata.name !== NAME || metadata.namespace !== namespace) {
    return 'Error from server (BadRequest): the name or the namespace of the object does not match the path';
  }
  const times = [spec.acquireTime, spec.renewTime].filter((it) => it !== undefined);
  if (times.some((it) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(it))) {
    return 'Error from server (BadRequest): Lease in version "v1" cannot be handled as a Lease: parsing time';
  }
  if (spec.holderIdentity === '') {
    return `The Lease "${NAME}" is invalid: spec.holderIdentity: Required value: must not be empty`;
  }
  return undefined;
}

function bodyOf(text: string): Body | undefined {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return undefined;
  }
}

const refused = (by: AnswerId, world: World, words: string): Turn => ({
  world,
  said: failed(by, words),
});

function keep(world: World, before: KeptLease | undefined, namespace: string, body: Body): Turn {
  const { labels, annotations } = body.metadata ?? {};
  const lease: KeptLease = {
    namespace,
    createdAt: before?.createdAt ?? world.at,
    version: (before?.version ?? 0) + 1,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    spec: body.spec ?? {},
  };
  const after = { ...world, runLease: lease };
  const by = before === undefined ? 'api/lease-created' : 'api/lease-replaced';
  return { world: after, said: json(by, leaseObject(after, lease)) };
}

/** Namespaces of the cluster: its own, and those in which something runs. */
const exists = (world: World, namespace: string): boolean =>
  ['kube-system', 'default'].includes(namespace) ||
  world.pods.some((pod) => pod.namespace === namespace);

/** Answers `kubectl create --raw …/leases -f -`: of two that try, one finds it there. */
export function createLease(world: World, target: string, text: string): Turn {
  const [, namespace = '', name] = PATH.exec(target) ?? [];
  const body = bodyOf(text);
  if (body === undefined || name !== undefined) {
    return { world, said: unknownCommand(`kubectl create --raw ${target} -f -`) };
  }
  const wrong = wrongIn(body, namespace);
  if (wrong !== undefined) return refused('api/lease-invalid', world, wrong);
  if (!exists(world, namespace)) {
    return { world, said: notFound('api/lease-no-namespace', 'namespaces', namespace) };
  }
  const before = keptIn(world, namespace);
  if (before !== undefined) {
    return refused(
      'api/lease-exists',
      world,
      `Error from server (AlreadyExists): ${KIND} "${NAME}" already exists`,
    );
  }
  return keep(world, undefined, namespace, body);
}

/** Answers `kubectl replace --raw …/leases/sre-run -f -`: only the version that was read. */
export function replaceLease(world: World, target: string, text: string): Turn {
  const [, namespace = '', name] = PATH.exec(target) ?? [];
  const body = bodyOf(text);
  if (body === undefined || name === undefined) {
    return { world, said: unknownCommand(`kubectl replace --raw ${target} -f -`) };
  }
  const wrong = wrongIn(body, namespace);
  if (wrong !== undefined) return refused('api/lease-invalid', world, wrong);
  const before = keptIn(world, namespace);
  if (before === undefined) return { world, said: notFound('api/lease-missing', KIND, NAME) };
  const seen = body.metadata?.resourceVersion;
  if (seen !== undefined && seen !== versionOf(before)) {
    return refused(
      'api/lease-modified',
      world,
      `Error from server (Conflict): Operation cannot be fulfilled on ${KIND} "${NAME}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
  return keep(world, before, namespace, body);
}
