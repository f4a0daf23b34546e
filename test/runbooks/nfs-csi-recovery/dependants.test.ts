import { describe, expect, test } from 'vitest';
import { readArrival } from '../../../runbooks/nfs-csi-recovery/judge/arrival.ts';
import type { ArrivalLook } from '../../../runbooks/nfs-csi-recovery/judge/arrival.ts';
import { litter, lostPod, readFence } from '../../../runbooks/nfs-csi-recovery/judge/lost.ts';
import type { LostLook } from '../../../runbooks/nfs-csi-recovery/judge/lost.ts';
import {
  heldDatabase,
  readLockHolder,
  staysUp,
  unopened,
} from '../../../runbooks/nfs-csi-recovery/judge/vault.ts';
import type { LockLook } from '../../../runbooks/nfs-csi-recovery/judge/vault.ts';
import type { Locked, Lost } from '../../../runbooks/nfs-csi-recovery/facts.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { NfsClient, NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { Remains } from '../../../src/tools/node/remains.ts';
import {
  BOOT,
  container,
  crashing,
  csiNode,
  no,
  node,
  NOW,
  ok,
  patient,
  pod,
  runtime,
  sandbox,
  site,
  world,
} from './made.ts';

const arrivalOf = (it: Pod | undefined, more: Partial<ArrivalLook> = {}): ArrivalLook => ({
  pods: ok(it === undefined ? [] : [pod({ name: 'csi-n1', node: 'n1' }), it]),
  csiNode: ok(csiNode('n1')),
  ...more,
});
const arrival = (...looks: readonly (readonly [seconds: number, seen: ArrivalLook])[]) =>
  readArrival(
    site.csi.driver,
    patient,
    looks.map(([seconds, seen]) => ({ at: NOW + seconds * 1000, seen })),
  );

describe('the successor of a deleted pod', () => {
  const up = pod({ name: 'new', node: 'n1' });
  test('must be registered without a restart for a minute', () => {
    expect(arrival([0, arrivalOf(up)], [50, arrivalOf(up)])).toMatchObject({ is: 'coming' });
    expect(arrival([0, arrivalOf(up)], [60, arrivalOf(up)])).toMatchObject({
      is: 'steady',
      pod: { name: 'new' },
    });
  });

  test('a restart, or a moment without it, begins the minute anew', () => {
    const again = pod({ ...up, containers: [container({ name: 'nfs', restarts: 1 })] });
    expect(
      arrival([0, arrivalOf(up)], [30, arrivalOf(again)], [70, arrivalOf(again)]),
    ).toMatchObject({
      is: 'coming',
    });
    expect(
      arrival(
        [0, arrivalOf(up)],
        [30, arrivalOf(up, { csiNode: ok(csiNode('n1', false)) })],
        [70, arrivalOf(up)],
      ),
    ).toMatchObject({ is: 'coming' });
  });

  test('the old pod is no successor, nor is one on another node', () => {
    expect(arrival([0, arrivalOf(undefined)], [90, arrivalOf(undefined)])).toMatchObject({
      is: 'coming',
    });
    const elsewhere = arrivalOf(pod({ name: 'new', node: 'n2' }));
    expect(arrival([0, elsewhere], [90, elsewhere])).toMatchObject({ is: 'coming' });
  });

  test('a controller may come up on another node, and registers nothing', () => {
    const seen = { pods: ok([pod({ name: 'ctl-new', node: 'n2' })]), csiNode: undefined };
    const looks = [0, 60].map((s) => ({ at: NOW + s * 1000, seen }));
    const of = { ...patient, kind: 'controller' as const };
    expect(readArrival(site.csi.driver, of, looks)).toMatchObject({ is: 'steady' });
  });

  test('one that cannot bind either is seen, and never in haste', () => {
    const seen = arrivalOf(crashing('new', 'n1'), { csiNode: ok(csiNode('n1', false)) });
    expect(arrival([0, seen], [10, seen])).toMatchObject({ is: 'coming' });
    expect(arrival([0, seen], [20, seen])).toMatchObject({ is: 'contested' });
  });

  test('one that finds no way to the API server is given a minute', () => {
    const message = 'dial tcp 10.96.0.1:443: connect: no route to host';
    const lost = pod({
      name: 'new',
      node: 'n1',
      ready: false,
      containers: [
        container({ name: 'nfs', ready: false, lastTermination: { exitCode: 1, message } }),
      ],
    });
    const seen = arrivalOf(lost, { csiNode: ok(csiNode('n1', false)) });
    expect(arrival([0, seen], [50, seen])).toMatchObject({ is: 'coming' });
    expect(arrival([0, seen], [60, seen])).toMatchObject({ is: 'no-route' });
  });

  test('what cannot be read is not up', () => {
    const blind = arrivalOf(up, { csiNode: no('timeout') });
    expect(arrival([0, blind], [90, blind])).toMatchObject({ is: 'coming' });
    expect(
      arrival([0, arrivalOf(up)], [90, { ...arrivalOf(up), pods: no('timeout') }]),
    ).toMatchObject({
      is: 'coming',
    });
  });
});

const client = (more: Partial<NfsClient>): NfsClient => ({
  id: '3',
  address: '10.0.0.1',
  hostname: 'n1',
  minor: 2,
  status: 'confirmed',
  secondsSinceRenew: 4,
  locks: [],
  opens: [],
  ...more,
});
const clients = (...all: readonly NfsClient[]) =>
  ok<NfsClients>({ leaseSeconds: 90, clients: all });

describe('a lost container', () => {
  const sql = pod({
    name: 'mysql-0',
    namespace: 'dbaas',
    node: 'n1',
    phase: 'Failed',
    ready: false,
    claims: ['data-mysql-0'],
    owner: { kind: 'StatefulSet', name: 'mysql' },
    containers: [
      container({ name: 'mysql', state: 'terminated', reason: 'ContainerStatusUnknown' }),
    ],
  });
  const claims = [{ namespace: 'dbaas', name: 'data-mysql-0', volume: 'pv-sql', phase: 'Bound' }];
  const volumes = [
    { name: 'pv-sql', backend: 'nfs' as const, nfsPath: '/srv/nfs/dbaas-mysql', mountOptions: [] },
    { name: 'pv-web', backend: 'nfs' as const, nfsPath: '/srv/nfs/web', mountOptions: [] },
  ];
  const lost: Lost = {
    pod: { namespace: 'dbaas', name: 'mysql-0', uid: sql.uid, node: 'n1', ip: '' },
    volumes: [{ name: 'pv-sql', directory: 'dbaas-mysql' }],
    atOnce: true,
  };

  test('is found with its volumes; a terminated pod goes at once when it is deleted', () => {
    expect(lostPod([sql], claims, volumes)).toEqual(lost);
    expect(lostPod([{ ...sql, phase: 'Running' }], claims, volumes)).toMatchObject({
      atOnce: false,
    });
  });

  test('of another owner it is only what is left of a pod that was replaced', () => {
    const web = { ...sql, name: 'web-1', owner: { kind: 'ReplicaSet', name: 'web' } };
    expect(lostPod([web], claims, volumes)).toBeUndefined();
    expect(litter([web, sql])).toEqual(['dbaas/web-1']);
  });

  const kubelet = ok<Kubelet>({
    bootId: BOOT,
    root: true,
    healthz: { is: 'status', status: 200 },
    processes: [],
  });
  const nothing = ok<Remains>({ bootId: BOOT, root: true, processes: [], mounts: [] });
  const look = (more: Partial<LostLook> = {}): LostLook => ({
    pod: ok(sql),
    node: ok(node('n1')),
    kubelet,
    remains: nothing,
    clients: clients(client({})),
    volumes: ok(volumes),
    ...more,
  });
  const read = (more: Partial<LostLook>, of: Lost = lost) => readFence(site, of, look(more));
  const lock = (filename: string) => client({ locks: [{ filename }] });

  test('is dead without a process, with a kubelet that answers, and without a lock', () => {
    expect(read({})).toMatchObject({ is: 'dead' });
    expect(read({ clients: clients(lock('web/index.db')) })).toMatchObject({ is: 'dead' });
    expect(read({ clients: clients(lock('raft/raft.db')) })).toMatchObject({ is: 'dead' });
  });

  test('on block storage no lock is asked for', () => {
    expect(read({ clients: undefined }, { ...lost, volumes: [] })).toMatchObject({ is: 'dead' });
  });

  test('lives with a process, or with a lock on its volume or on one that shows no volume', () => {
    const process = { pid: 5, startTicks: 1, comm: 'mysqld', state: 'S', threads: 40 };
    const runs = ok<Remains>({ bootId: BOOT, root: true, processes: [process], mounts: [] });
    expect(read({ remains: runs })).toMatchObject({ is: 'alive' });
    expect(read({ clients: clients(lock('dbaas-mysql/ibdata1')) })).toMatchObject({ is: 'alive' });
    expect(read({ clients: clients(lock('sub/ibdata1')) })).toMatchObject({ is: 'alive' });
  });

  test('is not let go while its volume is still mounted: the mount would be left behind', () => {
    const mount = {
      path: `/var/lib/kubelet/pods/${sql.uid}/volumes/kubernetes.io~csi/pv-sql/mount`,
      fstype: 'nfs4',
      source: '10.0.0.9:/srv/nfs/dbaas-mysql',
    };
    const mounted = ok<Remains>({ bootId: BOOT, root: true, processes: [], mounts: [mount] });
    const word = read({ remains: mounted });
    expect(word.is).toBe('alive');
    expect(word.because).toContain(mount.path);
    expect(read({ remains: mounted }, { ...lost, volumes: [] }).is).toBe('dead');
  });

  test('a lock of another node is not its own', () => {
    const other = client({
      address: '10.0.0.2',
      hostname: 'n2',
      locks: [{ filename: 'dbaas-mysql/x' }],
    });
    expect(read({ clients: clients(other) })).toMatchObject({ is: 'dead' });
  });

  test('gone is gone', () => {
    expect(read({ pod: ok(undefined) })).toMatchObject({ is: 'gone' });
    expect(read({ pod: ok({ ...sql, uid: 'other' }) })).toMatchObject({ is: 'gone' });
  });

  test.for<readonly [string, Partial<LostLook>]>([
    ['no pod could be read', { pod: no('timeout') }],
    ['the node lets nobody in', { remains: no('unreachable') }],
    [
      'it was not root who looked',
      { remains: ok({ bootId: BOOT, root: false, processes: [], mounts: [] }) },
    ],
    ['another machine was looked at', { node: ok(node('n1', { bootID: 'other' })) }],
    ['the node object is gone', { node: ok(undefined) }],
    ['its kubelet does not answer', { kubelet: no('timeout') }],
    [
      'its kubelet refuses',
      { kubelet: ok({ bootId: BOOT, root: true, healthz: { is: 'refused' }, processes: [] }) },
    ],
    ['the locks could not be read', { clients: no('timeout') }],
    ['the inventory names no NFS host', { clients: undefined }],
    ['the volumes could not be read', { volumes: no('timeout') }],
    [
      'a lock belongs to no node we know',
      {
        clients: clients(
          client({
            address: '10.9.9.9',
            hostname: 'x',
            locks: [{ filename: 'dbaas-mysql/ibdata1' }],
          }),
        ),
      },
    ],
  ])('is never forced where %s', ([, more]) => {
    expect(read(more)).toMatchObject({ is: 'blind' });
  });
});

describe("Vault's database", () => {
  const held = pod({
    name: 'vault-1',
    namespace: 'vault',
    node: 'n1',
    ready: false,
    claims: ['data-vault-1', 'audit-vault-1'],
    owner: { kind: 'StatefulSet', name: 'vault' },
    containers: [container({ name: 'vault', state: 'waiting', ready: false, restarts: 40 })],
  });
  const locked: Locked = {
    pod: { namespace: 'vault', name: 'vault-1', uid: held.uid, node: 'n1', ip: '' },
    directory: 'vault-data-1',
  };
  const it = world();
  const stored = {
    ...it,
    pods: [held],
    claims: [
      { namespace: 'vault', name: 'data-vault-1', volume: 'pv-data', phase: 'Bound' },
      { namespace: 'vault', name: 'audit-vault-1', volume: 'pv-audit', phase: 'Bound' },
    ],
    volumes: [
      {
        name: 'pv-audit',
        backend: 'nfs' as const,
        nfsPath: '/srv/nfs/vault-audit-1',
        mountOptions: [],
      },
      {
        name: 'pv-data',
        backend: 'nfs' as const,
        nfsPath: '/srv/nfs/vault-data-1',
        mountOptions: [],
      },
    ],
  };

  test('is asked after where a Vault pod keeps starting, with the directory of its data', () => {
    expect(unopened(site, stored)).toEqual([locked]);
    const fine = pod({ ...held, ready: true, containers: [container({ name: 'vault' })] });
    expect(unopened(site, { ...stored, pods: [fine] })).toEqual([]);
  });

  test('is held where the log says so in bbolt’s words', () => {
    const line =
      'Error initializing storage of type raft: failed to create fsm: failed to open bolt file: timeout';
    const log = ok({ present: true, now: 0, lines: [line] });
    expect(heldDatabase([locked], { 'vault-1': log })).toMatchObject({ is: 'held', locked });
    const quiet = ok({ present: true, now: 0, lines: ['core: vault is sealed'] });
    expect(heldDatabase([locked], { 'vault-1': quiet }).is).toBe('no');
    expect(heldDatabase([locked], {}).is).toBe('unread');
    expect(heldDatabase([locked], { 'vault-1': no('no way in') })).toMatchObject({
      is: 'unread',
      because: expect.stringContaining('no way in') as string,
    });
  });

  const orphan = sandbox({ namespace: 'vault', name: 'vault-1', podUid: 'before' });
  const look = (more: Partial<LockLook> = {}): LockLook => ({
    clients: clients(client({})),
    sandboxes: Object.fromEntries(
      site.nodes.map((n) => [n.name, ok(n.name === 'n2' ? runtime(orphan) : runtime())]),
    ),
    pods: ok([held]),
    pod: ok(held),
    ...more,
  });
  const read = (more: Partial<LockLook>) => readLockHolder(site, locked, look(more));
  const clean = Object.fromEntries(site.nodes.map((n) => [n.name, ok(runtime())]));
  const holds = client({
    hostname: 'n2',
    address: '10.0.0.2',
    locks: [{ filename: 'vault-data-1/vault.db' }],
  });

  test('by an orphan of that very pod, on whichever node', () => {
    expect(read({ clients: clients(holds) })).toMatchObject({
      is: 'orphan',
      holder: { node: 'n2', sandbox: { podUid: 'before' } },
      because: expect.stringContaining('vault-data-1/vault.db') as string,
    });
  });

  test('not by an orphan where the server names another node as holder, nor where it cannot be asked', () => {
    const elsewhere = client({
      hostname: 'n3',
      address: '10.0.0.3',
      secondsSinceRenew: 2,
      locks: [{ filename: 'vault-data-1/vault.db' }],
    });
    expect(read({ clients: clients(elsewhere) })).toMatchObject({ is: 'live' });
    expect(read({ clients: no('no way in') })).toMatchObject({ is: 'unknown' });
    expect(read({ clients: no('no way in'), sandboxes: clean })).toMatchObject({ is: 'unknown' });
    expect(read({ clients: undefined, sandboxes: clean })).toMatchObject({ is: 'unknown' });
  });

  test('a sandbox that the API knows is no orphan', () => {
    const known = ok([held, pod({ name: 'vault-1', uid: 'before' })]);
    expect(read({ pods: known, clients: clients(holds) })).toMatchObject({ is: 'live' });
  });

  test('by a client that is silent past its lease: it frees itself', () => {
    const stale = { ...holds, status: 'courtesy', secondsSinceRenew: 400 };
    expect(read({ sandboxes: clean, clients: clients(stale) })).toMatchObject({ is: 'lease' });
    expect(read({ sandboxes: clean })).toMatchObject({ is: 'lease' });
  });

  test('by somebody alive, who is named', () => {
    expect(read({ sandboxes: clean, clients: clients(holds) })).toMatchObject({
      is: 'live',
      because: expect.stringContaining('n2 (10.0.0.2)') as string,
    });
  });

  test.for<readonly [string, Partial<LockLook>]>([
    ['the pods could not be listed', { pods: no('timeout') }],
    ['the list of pods is empty', { pods: ok([]) }],
    ['a node could not be looked at', { sandboxes: { ...clean, n3: no('unreachable') } }],
    [
      'there are two orphans',
      {
        sandboxes: {
          ...clean,
          n2: ok(runtime(orphan)),
          n3: ok(runtime({ ...orphan, podUid: 'b2' })),
        },
      },
    ],
  ])('by whom is not known where %s', ([, more]) => {
    expect(read(more)).toMatchObject({ is: 'unknown' });
  });

  test('is open where the pod is ready, or runs on without another restart', () => {
    expect(read({ pod: ok({ ...held, ready: true }) })).toMatchObject({ is: 'open' });
    const running = (restarts: number) => ({
      pod: ok({ ...held, containers: [container({ name: 'vault', restarts })] }),
    });
    expect(staysUp(site, running(40), running(40))).toBe(true);
    expect(staysUp(site, running(40), running(41))).toBe(false);
    expect(staysUp(site, { pod: no('timeout') }, running(41))).toBe(false);
  });
});
