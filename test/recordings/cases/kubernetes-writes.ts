import { setUnschedulable } from '../../../src/tools/kubectl/cordon.ts';
import { deletePod, forceDeletePod } from '../../../src/tools/kubectl/delete-pod.ts';
import { evictPod } from '../../../src/tools/kubectl/evict.ts';
import { getNode } from '../../../src/tools/kubectl/nodes.ts';
import { getPod } from '../../../src/tools/kubectl/pods.ts';
import {
  createRunLease,
  type LeaseText,
  readRunLease,
  replaceRunLease,
} from '../../../src/tools/kubectl/run-lease.ts';
import { patchFsGroupChangePolicy } from '../../../src/tools/kubectl/statefulset.ts';
import type { Bench } from '../../lab/bench.ts';
import type { Cases, InLab, Subject } from '../case.ts';
import { KUBELET, OF_SET } from './suite-lacks.ts';

const HEALTHY: InLab = { scenario: 'healthy' };
const NONE = 'nothing.of.the.name';
const OTHER = '11111111-1111-4111-8111-111111111111';
const LOCKS = 'kube-system';

/** A lease as a run writes it. */
export const HELD: LeaseText = {
  number: 1,
  holder: {
    run: '01K9E2E0000000000000000000',
    owner: 'ops@box',
    purpose: 'vault: delete pod',
    durationSeconds: 180,
    acquiredAt: Date.UTC(2026, 3, 22, 11),
    renewedAt: Date.UTC(2026, 3, 22, 11),
  },
};

const created = async (on: Bench, { site }: Subject): Promise<void> => {
  await on.value(createRunLease(site.cluster, LOCKS, HELD));
};
const WITH_LEASE: InLab = { scenario: 'healthy', before: created };

const patched = (
  { site }: Subject,
  { fsGroup = 1000, dryRun = false, name = 'vault' }: Partial<Patched> = {},
) => patchFsGroupChangePolicy(site.cluster, 'vault', name, { fsGroup, dryRun });

interface Patched {
  readonly fsGroup: number;
  readonly dryRun: boolean;
  readonly name: string;
}

/** What is changed through the API server, and how it refuses. In this order: each finds what the ones before it left. */
export const KUBERNETES_WRITES = {
  'lease-missing': {
    about: 'no run ever took the Lease',
    asks: ({ site }) => readRunLease(site.cluster, LOCKS),
    means: { ok: true, value: undefined },
    lab: HEALTHY,
  },
  'lease-created': {
    about: 'the first run takes the Lease',
    asks: ({ site }) => createRunLease(site.cluster, LOCKS, HELD),
    means: { ok: true, value: { is: 'written', lease: { number: 1, holder: HELD.holder } } },
    lab: HEALTHY,
  },
  'lease-exists': {
    about: 'another run has created the Lease meanwhile',
    asks: ({ site }) => createRunLease(site.cluster, LOCKS, HELD),
    means: { ok: true, value: { is: 'conflict' } },
    lab: WITH_LEASE,
  },
  'lease-read': {
    about: 'a run holds the Lease',
    asks: ({ site }) => readRunLease(site.cluster, LOCKS),
    means: { ok: true, value: { number: 1, holder: HELD.holder } },
    lab: WITH_LEASE,
  },
  'lease-replaced': {
    about: 'the Lease is as it was read',
    asks: ({ site, leaseVersion }) =>
      replaceRunLease(site.cluster, LOCKS, leaseVersion, { ...HELD, number: 2 }),
    means: { ok: true, value: { is: 'written', lease: { number: 2, holder: HELD.holder } } },
    lab: WITH_LEASE,
  },
  'lease-modified': {
    about: 'somebody wrote the Lease since it was read',
    asks: ({ site }) => replaceRunLease(site.cluster, LOCKS, '1', HELD),
    means: { ok: true, value: { is: 'conflict' } },
    lab: WITH_LEASE,
  },
  'lease-no-namespace': {
    about: 'the namespace of the Lease does not exist',
    asks: ({ site }) => createRunLease(site.cluster, 'nowhere', HELD),
    means: { ok: false, why: 'exit' },
    lab: HEALTHY,
  },
  cordoned: {
    about: 'a node is cordoned whose UID is the one that was seen',
    asks: ({ site, node }) => setUnschedulable(site.cluster, node('k8s-node2'), true),
    means: { ok: true, value: { name: 'k8s-node2', unschedulable: true } },
    lab: HEALTHY,
  },
  'node-cordoned': {
    about: 'a node that is cordoned',
    asks: ({ site }) => getNode(site.cluster, 'k8s-node2'),
    means: { ok: true, value: { unschedulable: true } },
    lab: {
      scenario: 'healthy',
      before: async (on, { site, node }) => {
        await on.value(setUnschedulable(site.cluster, node('k8s-node2'), true));
      },
    },
  },
  uncordoned: {
    about: 'it is uncordoned',
    asks: ({ site, node }) => setUnschedulable(site.cluster, node('k8s-node2'), false),
    means: { ok: true, value: { name: 'k8s-node2', unschedulable: false } },
    lab: HEALTHY,
  },
  'cordon-other-node': {
    about: 'another node has that name now',
    asks: ({ site }) => setUnschedulable(site.cluster, { name: 'k8s-node2', uid: OTHER }, true),
    means: { ok: false, why: 'exit' },
    lab: HEALTHY,
  },
  'cordon-missing': {
    about: 'no node of that name',
    asks: ({ site }) => setUnschedulable(site.cluster, { name: NONE, uid: OTHER }, true),
    means: { ok: false, why: 'exit' },
    lab: HEALTHY,
  },
  'patch-dry-run': {
    about: 'what a patch of a StatefulSet would make of it',
    asks: (it) => patched(it, { dryRun: true }),
    means: { ok: true, value: { name: 'vault', fsGroupChangePolicy: 'OnRootMismatch' } },
    lab: { scenario: 'healthy', more: OF_SET },
  },
  patched: {
    about: 'a StatefulSet that is patched behind a test',
    asks: (it) => patched(it),
    means: { ok: true, value: { name: 'vault', fsGroupChangePolicy: 'OnRootMismatch' } },
    lab: { scenario: 'healthy', more: OF_SET },
  },
  'patch-test-fails': {
    about: 'a patch whose test does not hold',
    asks: (it) => patched(it, { fsGroup: 4711 }),
    means: { ok: false, why: 'exit' },
    lab: HEALTHY,
  },
  'patch-missing': {
    about: 'no StatefulSet of that name to patch',
    asks: (it) => patched(it, { name: NONE }),
    means: { ok: false, why: 'exit' },
    lab: HEALTHY,
  },
  'evict-missing': {
    about: 'an eviction of a pod that is gone',
    asks: ({ site }) => evictPod(site.cluster, { namespace: 'vault', name: NONE, uid: OTHER }, 30),
    means: { ok: true, value: 'gone' },
    lab: HEALTHY,
  },
  evicted: {
    about: 'an eviction that the budget allows',
    asks: ({ site, pod }) => evictPod(site.cluster, pod('vault-0'), 30),
    means: { ok: true, value: 'accepted' },
    lab: HEALTHY,
  },
  'evict-blocked': {
    about: 'an eviction that the budget does not allow',
    asks: ({ site, pod }) => evictPod(site.cluster, pod('vault-1'), 30),
    means: { ok: true, value: 'blocked-by-budget' },
    lab: {
      scenario: 'healthy',
      before: async (on, { site, pod }) => {
        await on.value(evictPod(site.cluster, pod('vault-0'), 30));
      },
    },
  },
  'evict-other-uid': {
    about: 'an eviction of a pod that is another one by now',
    asks: ({ site, pod }) => evictPod(site.cluster, { ...pod('vault-2'), uid: OTHER }, 30),
    means: { ok: true, value: 'already-replaced' },
    lab: HEALTHY,
  },
  'delete-other-uid': {
    about: 'a delete of a pod that is another one by now',
    asks: ({ site, pod }) => deletePod(site.cluster, { ...pod('vault-1'), uid: OTHER }),
    means: { ok: true, value: { is: 'already-replaced' } },
    lab: HEALTHY,
  },
  'delete-missing': {
    about: 'a delete of a pod that is gone',
    asks: ({ site }) => deletePod(site.cluster, { namespace: 'vault', name: NONE, uid: OTHER }),
    means: { ok: true, value: { is: 'gone' } },
    lab: HEALTHY,
  },
  deleted: {
    about: 'a delete of the pod that was seen',
    asks: ({ site, pod }) => deletePod(site.cluster, pod('vault-1')),
    means: { ok: true, value: { is: 'accepted' } },
    lab: { scenario: 'healthy', more: KUBELET },
  },
  'pod-terminating': {
    about: 'a pod that was deleted and is still there',
    asks: ({ site, pod }) => getPod(site.cluster, pod('vault-1')),
    means: { ok: true, value: { name: 'vault-1' } },
    lab: {
      scenario: 'healthy',
      more: KUBELET,
      before: async (on, { site, pod }) => {
        await on.value(deletePod(site.cluster, pod('vault-1')));
      },
    },
  },
  'delete-forced': {
    about: 'a delete with grace 0 of a pod that is Terminating',
    asks: ({ site, pod }) => forceDeletePod(site.cluster, pod('vault-1')),
    means: { ok: true, value: { is: 'accepted' } },
    lab: {
      scenario: 'healthy',
      more: KUBELET,
      before: async (on, { site, pod }) => {
        await on.value(deletePod(site.cluster, pod('vault-1')));
      },
    },
  },
} as const satisfies Cases;
