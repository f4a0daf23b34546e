import { describe, expect, test } from 'vitest';
import type { Command } from '../../../src/runbook/command.ts';
import { listAllBudgets } from '../../../src/tools/kubectl/budgets.ts';
import { listClaims, listVolumes } from '../../../src/tools/kubectl/claims.ts';
import { endpointsOf } from '../../../src/tools/kubectl/endpoints.ts';
import { podEvents } from '../../../src/tools/kubectl/events.ts';
import { nodeLease } from '../../../src/tools/kubectl/leases.ts';
import { activeJobs, kuredLock } from '../../../src/tools/kubectl/maintenance.ts';
import { getNode, listNodes } from '../../../src/tools/kubectl/nodes.ts';
import { getPod, listPods } from '../../../src/tools/kubectl/pods.ts';
import {
  getStatefulSet,
  patchFsGroupChangePolicy,
} from '../../../src/tools/kubectl/statefulset.ts';
import { exited, readWith, valueOf, whyOf } from '../output.ts';
import { CLUSTER, UID } from '../site.ts';
import { object, recorded } from './recorded.ts';

const KURED = kuredLock(CLUSTER, { namespace: 'kured', daemonSet: 'kured' });
const VAULT_2 = getPod(CLUSTER, { namespace: 'vault', name: 'vault-2' });

test('nodes', () => {
  const nodes = valueOf(readWith(listNodes(CLUSTER), recorded('nodes')));
  expect(nodes.map((n) => [n.name, n.ready, n.unschedulable, n.controlPlane])).toEqual([
    ['k8s-master', 'True', false, true],
    ['k8s-node2', 'Unknown', true, false],
    ['k8s-node3', 'True', false, false],
  ]);
  expect(nodes[2]).toMatchObject({
    uid: 'n-k8s-node3',
    createdAt: '2025-03-02T10:00:00Z',
    address: '10.0.20.103',
    bootID: '00000003-1111-4222-8333-444444444444',
    systemUUID: '00000000-0000-4000-8000-000000000203',
    allocatablePods: 110,
  });
});

const NAMELESS = '{"metadata":{"name":"k8s-node3","uid":"u","creationTimestamp":"t"},"status":{}}';

test('a node without its node info is not understood, and one that is not there is undefined', () => {
  const node = getNode(CLUSTER, 'k8s-node3');
  expect(whyOf(readWith(node, exited(NAMELESS)))).toEqual({
    why: 'unparsable',
    says: expect.stringMatching(/^expected node k8s-node3 as JSON, but at status\.nodeInfo: /),
  });
  const gone = exited('', 1, 'Error from server (NotFound): nodes "k8s-node3" not found\n');
  expect(valueOf(readWith(node, gone))).toBeUndefined();
});

test('a pod', () => {
  expect(valueOf(readWith(VAULT_2, recorded('pod')))).toEqual({
    namespace: 'vault',
    name: 'vault-2',
    uid: UID,
    node: 'k8s-node3',
    ip: '10.10.107.27',
    phase: 'Running',
    ready: false,
    createdAt: '2026-04-20T07:12:03Z',
    labels: expect.objectContaining({ 'vault-active': 'true' }),
    containers: [
      { name: 'vault', state: 'running', ready: false, restarts: 0, args: [] },
      {
        name: 'auto-unseal',
        state: 'waiting',
        reason: 'CrashLoopBackOff',
        ready: false,
        restarts: 96,
        args: [],
        lastTermination: { reason: 'ContainerStatusUnknown', exitCode: 137 },
      },
      { name: 'audit-tail', state: 'running', ready: true, restarts: 0, args: [] },
    ],
    claims: ['data-vault-2', 'audit-vault-2', 'vault-2-scratch'],
    owner: { kind: 'StatefulSet', name: 'vault' },
    fsGroup: 1000,
    hostNetwork: false,
    mirror: false,
    inits: [{ name: 'setup', state: 'terminated', reason: 'Completed' }],
    inlineNfs: false,
    volumes: [
      { name: 'data', claim: 'data-vault-2', inlineNfs: false },
      { name: 'audit', claim: 'audit-vault-2', inlineNfs: false },
      { name: 'config', inlineNfs: false },
      { name: 'scratch', claim: 'vault-2-scratch', inlineNfs: false },
    ],
  });
});

test('a terminating pod, a bare one, and one that is not there', () => {
  expect(valueOf(readWith(VAULT_2, object('pod-terminating')))).toMatchObject({
    deletionTimestamp: '2026-04-22T10:00:30Z',
    graceSeconds: 30,
  });
  expect(valueOf(readWith(VAULT_2, recorded('pod-missing')))).toBeUndefined();
  const pods = valueOf(readWith(listPods(CLUSTER, 'vault', 'a=b'), object('pods')));
  expect(pods[1]).toEqual({
    namespace: 'vault',
    name: 'bare-1',
    uid: '22222222-2222-2222-2222-222222222222',
    phase: 'Pending',
    ready: false,
    createdAt: '2026-04-20T07:12:03Z',
    labels: {},
    containers: [{ name: 'c', state: 'unknown', ready: false, restarts: 0, args: [] }],
    claims: [],
    hostNetwork: false,
    mirror: false,
    inlineNfs: false,
  });
});

test('an empty list is a value, and an unknown phase is not guessed', () => {
  const pods = listPods(CLUSTER, 'vault', 'a=b');
  expect(valueOf(readWith(pods, exited('{"items":[]}')))).toEqual([]);
  expect(valueOf(readWith(pods, exited('{"items":null}')))).toEqual([]);
  const odd = object('pods').stdout.replace('"Pending"', '"Hibernating"');
  expect(whyOf(readWith(pods, exited(odd))).says).toContain('items[1].status.phase');
});

test('endpoints over all slices; what the API leaves open counts as ready', () => {
  const endpoints = endpointsOf(CLUSTER, 'vault', 'vault-active');
  expect(valueOf(readWith(endpoints, object('endpointslices')))).toEqual([
    { ip: '10.10.107.27', pod: 'vault-2', ready: true },
    { ip: '10.10.107.28', ready: true },
  ]);
});

test('claims and volumes', () => {
  expect(valueOf(readWith(listClaims(CLUSTER, 'vault'), object('claims')))).toEqual([
    {
      namespace: 'vault',
      name: 'data-vault-2',
      storageClass: 'nfs-proxmox',
      volume: 'pvc-0b0b',
      phase: 'Bound',
    },
    { namespace: 'vault', name: 'data-vault-9', phase: 'Pending' },
  ]);
  expect(valueOf(readWith(listVolumes(CLUSTER), object('volumes')))).toEqual([
    {
      name: 'pvc-0b0b',
      driver: 'nfs.csi.k8s.io',
      backend: 'nfs',
      nfsServer: '192.168.1.127',
      nfsPath: '/srv/nfs/vault-data-vault-2',
      mountOptions: ['nfsvers=4', 'soft', 'timeo=30', 'retrans=3'],
    },
    {
      name: 'static-nfs',
      backend: 'nfs',
      nfsServer: '192.168.1.127',
      nfsPath: '/srv/nfs/media',
      mountOptions: [],
    },
    { name: 'pvc-lvm', driver: 'csi.proxmox.sinextra.dev', backend: 'block', mountOptions: [] },
    { name: 'pvc-smb', driver: 'smb.csi.k8s.io', backend: 'unknown', mountOptions: [] },
    { name: 'local-1', backend: 'unknown', mountOptions: [] },
  ]);
});

test('a StatefulSet, before and after the patch', () => {
  const before = getStatefulSet(CLUSTER, 'vault', 'vault');
  expect(valueOf(readWith(before, object('statefulset')))).toEqual({
    name: 'vault',
    replicas: 3,
    updateStrategy: 'OnDelete',
    podManagement: 'Parallel',
    fsGroup: 1000,
    terminationGraceSeconds: 10,
  });
  const patch = patchFsGroupChangePolicy(CLUSTER, 'vault', 'vault', {
    fsGroup: 1000,
    dryRun: true,
  });
  expect(valueOf(readWith(patch, recorded('patch-dry-run')))).toMatchObject({
    fsGroupChangePolicy: 'OnRootMismatch',
  });
  expect(whyOf(readWith(patch, recorded('patch-test-fails'))).why).toBe('exit');
});

const annotated = (lock: string) =>
  exited(JSON.stringify({ metadata: { annotations: { 'weave.works/kured-node-lock': lock } } }));

describe('maintenance', () => {
  test('the lock of kured, held and not', () => {
    expect(valueOf(readWith(KURED, object('kured')))).toEqual({ held: true, by: 'k8s-node3' });
    expect(valueOf(readWith(KURED, exited('{"metadata":{}}')))).toEqual({ held: false });
    expect(valueOf(readWith(KURED, annotated('')))).toEqual({ held: false });
  });

  test('the lock of kured with a concurrency above one', () => {
    const two = '{"maxOwners":2,"locks":[{"nodeID":"k8s-node2"},{"nodeID":"k8s-node4"}]}';
    expect(valueOf(readWith(KURED, annotated(two)))).toEqual({
      held: true,
      by: 'k8s-node2, k8s-node4',
    });
    expect(valueOf(readWith(KURED, annotated('{"maxOwners":2,"locks":[]}')))).toEqual({
      held: false,
    });
  });

  test.for(['{', '{}', '[]', '{"nodeID":7}'])('the annotation %s is not understood', (lock) => {
    expect(whyOf(readWith(KURED, annotated(lock))).why).toBe('unparsable');
  });

  test('jobs at work', () => {
    expect(valueOf(readWith(activeJobs(CLUSTER, 'k8s-upgrade'), object('jobs')))).toEqual([
      'upgrade-node2',
    ]);
  });

  test('budgets, leases and events', () => {
    expect(valueOf(readWith(listAllBudgets(CLUSTER), object('budgets')))).toEqual([
      {
        namespace: 'vault',
        name: 'vault',
        disruptionsAllowed: 0,
        currentHealthy: 2,
        desiredHealthy: 2,
      },
    ]);
    expect(valueOf(readWith(nodeLease(CLUSTER, 'k8s-node3'), object('lease')))).toEqual({
      renewTime: '2026-04-22T09:14:03.123456Z',
    });
    const events = valueOf(readWith(podEvents(CLUSTER, 'vault', 'vault-2'), object('events')));
    expect(events.map((e) => [e.reason, e.last, e.count, e.podUid])).toEqual([
      ['FailedMount', '2026-04-22T10:06:00Z', 4, UID],
      ['Scheduled', '2026-04-22T10:01:00.5Z', 2, UID],
      ['VolumePermissionChangeInProgress', '2026-04-22T10:02:00Z', 1, undefined],
    ]);
  });
});

describe('cut off', () => {
  const all: readonly (readonly [string, Command<unknown>, string])[] = [
    ['nodes', listNodes(CLUSTER), recorded('nodes').stdout],
    ['pod', VAULT_2, recorded('pod').stdout],
    ['volumes', listVolumes(CLUSTER), object('volumes').stdout],
  ];
  test.for(all)('no part of the JSON of %s makes a value', ([, command, text]) => {
    for (let end = 0; end < text.trimEnd().length; end += 7) {
      expect(command.read(exited(text.slice(0, end))).ok).toBe(false);
    }
  });
});
