import { CONTROLLER_SET } from '../agents.ts';
import { attachments } from '../objects/attachment.ts';
import { budgetObject } from '../objects/budget.ts';
import { csiNodeObject } from '../objects/csi-node.ts';
import { claimObject, statefulSetObject } from '../objects/vault-set.ts';
import { deploymentObject, workloadObject } from '../objects/workload.ts';
import { json, list, notFound } from './route.ts';
import type { Asked, Route } from './route.ts';

/** Lists of whole kinds: what a node's reset takes away, and what it leaves (COMMANDS D.4, F). */

const claims: Route[1] = ({ world, parts: [namespace] }) =>
  list(
    namespace === undefined ? 'api/all-claims' : 'api/claims',
    'PersistentVolumeClaim',
    world.volumes
      .filter((volume) => namespace === undefined || volume.namespace === namespace)
      .map(claimObject),
  );

const budgets: Route[1] = ({ world, parts: [namespace] }) =>
  list(
    namespace === undefined ? 'api/all-budgets' : 'api/budgets',
    'PodDisruptionBudget',
    world.budgets
      .filter((budget) => namespace === undefined || budget.namespace === namespace)
      .map((budget) => budgetObject(world, budget)),
    'policy/v1',
  );

function workloads({ world, parts: [kind = ''] }: Asked): readonly object[] {
  const of = (it: 'ReplicaSet' | 'StatefulSet') =>
    world.workloads.filter(({ kind: k }) => k === it);
  switch (kind) {
    case 'deployments':
      return [...of('ReplicaSet'), CONTROLLER_SET].map((it) => deploymentObject(world, it));
    case 'replicasets':
      return [...of('ReplicaSet'), CONTROLLER_SET].map((it) => workloadObject(world, it));
    default:
      return [
        ...of('StatefulSet').map((it) => workloadObject(world, it)),
        statefulSetObject(world),
      ];
  }
}

const LISTED = {
  deployments: { by: 'api/deployments', kind: 'Deployment' },
  replicasets: { by: 'api/replicasets', kind: 'ReplicaSet' },
  statefulsets: { by: 'api/statefulsets', kind: 'StatefulSet' },
} as const;

/** The routes of these lists. */
export const LISTS: readonly Route[] = [
  [/^\/api\/v1\/persistentvolumeclaims$/, claims],
  [/^\/api\/v1\/namespaces\/([^/]+)\/persistentvolumeclaims$/, claims],
  [/^\/apis\/policy\/v1\/poddisruptionbudgets$/, budgets],
  [/^\/apis\/policy\/v1\/namespaces\/([^/]+)\/poddisruptionbudgets$/, budgets],
  [
    /^\/apis\/apps\/v1\/(deployments|replicasets|statefulsets)$/,
    (asked) => {
      const [which] = asked.parts;
      const { by, kind } = LISTED[which as keyof typeof LISTED];
      return list(by, kind, workloads(asked), 'apps/v1');
    },
  ],
  [
    /^\/apis\/storage\.k8s\.io\/v1\/volumeattachments$/,
    ({ world }) =>
      list('api/attachments', 'VolumeAttachment', attachments(world), 'storage.k8s.io/v1'),
  ],
  [
    /^\/apis\/storage\.k8s\.io\/v1\/csinodes$/,
    ({ world }) =>
      list(
        'api/csi-nodes',
        'CSINode',
        world.nodes.map((node) => csiNodeObject(world, node)),
        'storage.k8s.io/v1',
      ),
  ],
  [
    /^\/apis\/storage\.k8s\.io\/v1\/csinodes\/([^/]+)$/,
    ({ world, parts: [name = ''] }) => {
      const node = world.nodes.find((it) => it.name === name);
      return node === undefined
        ? notFound('api/csi-node-missing', 'csinodes.storage.k8s.io', name)
        : json('api/csi-node', csiNodeObject(world, node));
    },
  ],
];
