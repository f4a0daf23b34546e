import { describe, expect, test } from 'vitest';
import { measureHit } from '../../../runbooks/kernel-nfs-reset/judge/hit.ts';
import type { Hit } from '../../../runbooks/kernel-nfs-reset/judge/hit.ts';
import { aNode, aPod, blind, saw } from './observed.ts';

const set = (name: string, kind = 'StatefulSet') => ({ kind, name });

const PODS = [
  aPod({ name: 'vault-2', namespace: 'vault', owner: set('vault') }),
  aPod({ name: 'vault-1', namespace: 'vault', owner: set('vault'), node: 'k8s-node3' }),
  aPod({
    name: 'vault-0',
    namespace: 'vault',
    owner: set('vault'),
    node: 'k8s-node4',
    ready: false,
  }),
  aPod({
    name: 'mysql-standalone-0',
    namespace: 'dbaas',
    owner: set('mysql-standalone'),
    labels: { app: 'mysql-standalone' },
  }),
  aPod({ name: 'web-abc', labels: { app: 'web' } }),
  aPod({ name: 'agent-x', owner: set('agent', 'DaemonSet') }),
  aPod({ name: 'job-done', phase: 'Succeeded', owner: set('job', 'Job') }),
];

const seen = (over: Partial<Hit> = {}): Hit => ({
  pods: saw(PODS),
  budgets: saw([
    {
      namespace: 'apps',
      name: 'web',
      selector: { labels: { app: 'web' }, expressions: [] },
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
    },
  ]),
  deployments: saw([]),
  statefulSets: saw([
    { kind: 'statefulsets', namespace: 'vault', name: 'vault', replicas: 3, ready: 2 },
    { kind: 'statefulsets', namespace: 'dbaas', name: 'mysql-standalone', replicas: 1, ready: 1 },
  ]),
  replicaSets: saw([
    { kind: 'replicasets', namespace: 'apps', name: 'web', replicas: 1, ready: 1 },
  ]),
  attachments: saw([
    { name: 'csi-1', driver: 'd', node: 'k8s-node2', volume: 'pv-1', attached: true },
    { name: 'csi-2', driver: 'd', node: 'k8s-node3', volume: 'pv-2', attached: true },
  ]),
  csiNodes: saw([
    { name: 'k8s-node2', drivers: [{ name: 'd', nodeId: 'x', allocatable: 28 }] },
    { name: 'k8s-node3', drivers: [{ name: 'd', nodeId: 'y', allocatable: 28 }] },
  ]),
  nodes: saw([aNode(), aNode({ name: 'k8s-master', controlPlane: true })]),
  ...over,
});

const VAULT = ['vault-0', 'vault-1', 'vault-2'];
const of = (hit: ReturnType<typeof measureHit>, what: string) =>
  hit.counts.find((it) => it.what === what);

describe('what a reset hits', () => {
  test('pods by kind and namespace', () => {
    const hit = measureHit('k8s-node2', VAULT, seen());
    expect(of(hit, 'pod on the node')).toMatchObject({ count: 4 });
    expect(of(hit, 'pod of a StatefulSet')).toMatchObject({
      count: 2,
      names: ['vault 1', 'dbaas 1'],
    });
    expect(of(hit, 'pod of a DaemonSet')).toMatchObject({ count: 1 });
  });

  test('single replicas, budgets, members now and after, attachments and room, control plane', () => {
    const hit = measureHit('k8s-node2', VAULT, seen());
    expect(of(hit, 'pod that is the only replica')?.names).toEqual([
      'dbaas/mysql-standalone-0',
      'apps/web-abc',
    ]);
    expect(of(hit, 'disruption budget that covers a pod here')?.names).toEqual([
      'apps/web (0 disruptions allowed)',
    ]);
    expect(of(hit, 'Vault voter')?.names).toEqual(['vault/vault: 2 ready now, 1 after']);
    expect(of(hit, 'database instance')?.names).toEqual([
      'dbaas/mysql-standalone: 1 ready now, 0 after',
    ]);
    expect(of(hit, 'etcd member')).toMatchObject({ count: 0 });
    expect(of(hit, 'volume attached here')?.names).toEqual(['pv-1']);
    expect(of(hit, 'other node with room for more volumes')?.names).toEqual(['k8s-node3 27']);
    expect(of(hit, 'control plane that is the only one')).toMatchObject({ count: 0 });
  });

  test('the only control plane is named', () => {
    const hit = measureHit('k8s-master', VAULT, seen());
    expect(of(hit, 'control plane that is the only one')?.names).toEqual(['k8s-master']);
  });

  test('what could not be counted is unknown, and never nothing', () => {
    const hit = measureHit(
      'k8s-node2',
      VAULT,
      seen({ budgets: blind('forbidden'), pods: blind('forbidden') }),
    );
    expect(hit.unknown).toEqual(['pods: forbidden', 'disruption budgets: forbidden']);
    expect(of(hit, 'disruption budget that covers a pod here')).toBeUndefined();
    expect(of(hit, 'pod on the node')).toBeUndefined();
    expect(of(hit, 'Vault voter')).toBeUndefined();
  });
});
