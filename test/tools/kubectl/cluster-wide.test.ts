import { describe, expect, test } from 'vitest';
import { listAttachments } from '../../../src/tools/kubectl/attachments.ts';
import { listAllBudgets } from '../../../src/tools/kubectl/budgets.ts';
import { listAllClaims } from '../../../src/tools/kubectl/claims.ts';
import { getCsiNode, listCsiNodes } from '../../../src/tools/kubectl/csi-nodes.ts';
import { getDaemonSet } from '../../../src/tools/kubectl/daemon-sets.ts';
import { failedMounts } from '../../../src/tools/kubectl/events.ts';
import { listAllPods } from '../../../src/tools/kubectl/pods.ts';
import { listWorkloads } from '../../../src/tools/kubectl/workloads.ts';
import { exited, readWith, valueOf, whyOf } from '../output.ts';
import { CLUSTER } from '../site.ts';
import { object, recorded } from './recorded.ts';

const CSI_NODE = getCsiNode(CLUSTER, 'k8s-node3');
const DAEMON_SET = getDaemonSet(CLUSTER, 'nfs-csi', 'csi-nfs-node');

test('the drivers of every node; null is none of them', () => {
  expect(valueOf(readWith(listCsiNodes(CLUSTER), object('csinodes')))).toEqual([
    {
      name: 'k8s-node2',
      drivers: [
        { name: 'nfs.csi.k8s.io', nodeId: 'k8s-node2' },
        { name: 'csi.proxmox.sinextra.dev', nodeId: 'k8s-node2', allocatable: 28 },
      ],
    },
    { name: 'k8s-node3', drivers: [] },
  ]);
});

test('the drivers of one node, and of one that has no such object', () => {
  expect(valueOf(readWith(CSI_NODE, object('csinode')))).toEqual({
    name: 'k8s-node3',
    drivers: [{ name: 'nfs.csi.k8s.io', nodeId: 'k8s-node3' }],
  });
  expect(valueOf(readWith(CSI_NODE, recorded('csinode-missing')))).toBeUndefined();
  expect(whyOf(readWith(CSI_NODE, recorded('path-missing'))).why).toBe('exit');
  expect(whyOf(readWith(CSI_NODE, exited('{"metadata":{"name":"x"}}'))).says).toContain('spec');
});

test('what is attached, and where', () => {
  expect(valueOf(readWith(listAttachments(CLUSTER), object('attachments')))).toEqual([
    {
      name: 'csi-0a1b2c',
      driver: 'csi.proxmox.sinextra.dev',
      node: 'k8s-node3',
      volume: 'pvc-lvm',
      attached: true,
    },
    {
      name: 'csi-3d4e5f',
      driver: 'csi.proxmox.sinextra.dev',
      node: 'k8s-node2',
      volume: 'pvc-mysql',
      attached: false,
    },
    {
      name: 'csi-6a7b8c',
      driver: 'csi.example.net',
      node: 'k8s-node2',
      volume: '',
      attached: false,
    },
  ]);
});

describe('workloads', () => {
  test.for([
    [
      'deployments',
      [
        { namespace: 'nfs-csi', name: 'csi-nfs-controller', replicas: 2, ready: 1 },
        { namespace: 'mail', name: 'mailserver', replicas: 1, ready: 0 },
        { namespace: 'media', name: 'archive', replicas: 0, ready: 0 },
      ],
    ],
    [
      'replicasets',
      [
        {
          namespace: 'nfs-csi',
          name: 'csi-nfs-controller-6d9f7c',
          replicas: 2,
          ready: 1,
          owner: { kind: 'Deployment', name: 'csi-nfs-controller' },
        },
        { namespace: 'dev', name: 'by-hand', replicas: 1, ready: 1 },
      ],
    ],
    [
      'statefulsets',
      [
        { namespace: 'vault', name: 'vault', replicas: 3, ready: 2 },
        {
          namespace: 'dbaas',
          name: 'mysql-standalone',
          replicas: 1,
          ready: 1,
          owner: { kind: 'InnoDBCluster', name: 'mysql' },
        },
      ],
    ],
  ] as const)('%s', ([kind, found]) => {
    expect(valueOf(readWith(listWorkloads(CLUSTER, kind), object(kind)))).toEqual(
      found.map((it) => ({ kind, ...it })),
    );
  });

  test('a number of replicas that is not there is not guessed', () => {
    const odd = exited('{"items":[{"metadata":{"namespace":"a","name":"b"},"spec":{}}]}');
    expect(whyOf(readWith(listWorkloads(CLUSTER, 'deployments'), odd)).says).toContain(
      'items[0].spec.replicas',
    );
  });

  test('a DaemonSet, and one that is not there', () => {
    expect(valueOf(readWith(DAEMON_SET, object('daemonset')))).toEqual({
      namespace: 'nfs-csi',
      name: 'csi-nfs-node',
      desired: 6,
      ready: 4,
      updated: 6,
    });
    expect(valueOf(readWith(DAEMON_SET, recorded('daemonset-missing')))).toBeUndefined();
  });
});

test('claims and budgets carry their namespace, and budgets what they select', () => {
  expect(valueOf(readWith(listAllClaims(CLUSTER), object('claims')))[0]).toMatchObject({
    namespace: 'vault',
    name: 'data-vault-2',
  });
  expect(valueOf(readWith(listAllBudgets(CLUSTER), object('all-budgets')))).toEqual([
    {
      namespace: 'vault',
      name: 'vault',
      selector: {
        labels: { 'app.kubernetes.io/name': 'vault', component: 'server' },
        expressions: [],
      },
      disruptionsAllowed: 0,
      currentHealthy: 2,
      desiredHealthy: 2,
    },
    {
      namespace: 'dbaas',
      name: 'mysql',
      selector: {
        labels: {},
        expressions: [
          { key: 'tier', operator: 'In', values: ['db', 'cache'] },
          { key: 'canary', operator: 'DoesNotExist', values: [] },
        ],
      },
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
    },
    {
      namespace: 'mail',
      name: 'everything',
      selector: { labels: {}, expressions: [] },
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
    },
    {
      namespace: 'media',
      name: 'nothing',
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
    },
  ]);
});

test('a selector of a kind that the API does not document is not understood', () => {
  const odd = object('all-budgets').stdout.replace('"DoesNotExist"', '"Gt"');
  expect(whyOf(readWith(listAllBudgets(CLUSTER), exited(odd))).says).toContain(
    'items[1].spec.selector.matchExpressions[1].operator',
  );
});

test('mounts that failed: why, where, and when last', () => {
  const found = valueOf(readWith(failedMounts(CLUSTER), object('failed-mounts')));
  const messages = found.map((it) => it.message);
  expect(messages.every((it) => it !== '')).toBe(true);
  expect(found.map((it) => ({ ...it, message: '' }))).toMatchObject([
    {
      namespace: 'media',
      pod: 'jellyfin-0',
      podUid: '33333333-3333-3333-3333-333333333333',
      last: '2026-05-17T09:02:00Z',
      count: 31,
      host: 'k8s-node3',
      kind: 'not-registered',
      driver: 'nfs.csi.k8s.io',
    },
    {
      namespace: 'vault',
      pod: 'vault-2',
      podUid: '11111111-1111-1111-1111-111111111111',
      last: '2026-05-17T09:01:00Z',
      count: 4,
      host: 'k8s-node3',
      kind: 'deadline',
    },
    {
      namespace: 'mail',
      pod: 'mailserver-6d-x',
      last: '2026-05-17T09:00:00Z',
      count: 2,
      host: 'k8s-node3',
      kind: 'no-entry',
    },
    {
      namespace: 'dbaas',
      pod: 'mysql-0',
      last: '2026-05-17T09:03:00.5Z',
      count: 7,
      kind: 'deadline',
    },
    {
      namespace: 'dev',
      pod: 'web-1',
      last: '2026-05-17T08:59:00Z',
      count: 1,
      host: 'k8s-node3',
      kind: 'other',
    },
  ]);
});

describe('all pods', () => {
  const [csi, apiserver, jellyfin] = valueOf(readWith(listAllPods(CLUSTER), object('all-pods')));

  test('a crashing pod on the network of its node, with arguments and last words', () => {
    expect(csi).toMatchObject({
      namespace: 'nfs-csi',
      hostNetwork: true,
      mirror: false,
      inlineNfs: false,
      startedAt: '2026-05-17T08:30:00Z',
    });
    expect(csi).not.toHaveProperty('configHash');
    expect(csi?.containers.map(({ name, args }) => [name, args.length])).toEqual([
      ['liveness-probe', 4],
      ['node-driver-registrar', 4],
      ['nfs', 5],
    ]);
    expect(csi?.containers[0]?.lastTermination).toEqual({
      reason: 'Error',
      exitCode: 1,
      message: expect.stringContaining('127.0.0.1:29653: bind: address already in use'),
    });
    expect(csi?.containers[0]).not.toHaveProperty('termination');
    expect(csi?.containers[2]).toMatchObject({
      state: 'terminated',
      termination: { reason: 'Error', exitCode: 137 },
      lastTermination: { reason: 'Error', exitCode: 137 },
    });
  });

  test('a static pod by its mirror, and the hash that the runtime calls it by', () => {
    expect(apiserver).toMatchObject({
      mirror: true,
      configHash: '7c1c5d0ee7a0c3d5b1c2f1a0b9e8d7c6',
      owner: { kind: 'Node', name: 'k8s-master' },
    });
    expect(apiserver?.containers[0]?.args).toEqual([]);
  });

  test('a pod that its kubelet lost, with an NFS volume of its own', () => {
    expect(jellyfin).toMatchObject({
      phase: 'Failed',
      statusReason: 'NodeLost',
      inlineNfs: true,
      claims: [],
    });
    expect(jellyfin?.containers[0]).toMatchObject({
      state: 'terminated',
      reason: 'ContainerStatusUnknown',
      termination: { reason: 'ContainerStatusUnknown', exitCode: 137 },
    });
  });
});
