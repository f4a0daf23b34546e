import { describe, expect, test } from 'vitest';
import { known } from '../../../runbooks/nfs-csi-recovery/judge/nodes.ts';
import type { Sight } from '../../../runbooks/nfs-csi-recovery/judge/nodes.ts';
import { misplaced, peers } from '../../../runbooks/nfs-csi-recovery/judge/peers.ts';
import {
  controlOf,
  missingDirectories,
  survey,
} from '../../../runbooks/nfs-csi-recovery/judge/survey.ts';
import { readLaggards, readWaiting } from '../../../runbooks/nfs-csi-recovery/judge/waiting.ts';
import { isQuiet, readWhole } from '../../../runbooks/nfs-csi-recovery/judge/whole.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { Init, Pod } from '../../../src/tools/kubectl/pods.ts';
import {
  at,
  container,
  crashing,
  failed,
  no,
  node,
  NOW,
  ok,
  pod,
  site,
  waiter,
  world,
} from './made.ts';

const look = (it: ReturnType<typeof world>) => survey(site, it, NOW);

describe('which node is next', () => {
  test('all of them are registered', () => {
    expect(look(world())).toMatchObject({ is: 'covered' });
  });

  test('the worst-affected of those that carry nothing critical', () => {
    const it = world({ ill: ['m', 'n1', 'n2', 'n3'] });
    const waiters = [waiter('a', 'n2'), waiter('b', 'n2'), waiter('c', 'm')];
    const word = look({ ...it, pods: [...it.pods, ...waiters] });
    expect(word).toMatchObject({ is: 'ill', patient: { node: 'n2', contested: 29_653 } });
  });

  test('the node under the active Vault pod after the others, the control plane after them', () => {
    const vault = pod({ name: 'vault-2', node: 'n1', labels: { 'vault-active': 'true' } });
    const it = world({ ill: ['m', 'n1', 'n2'] });
    expect(look({ ...it, pods: [...it.pods, vault] })).toMatchObject({ patient: { node: 'n2' } });
    const two = world({ ill: ['m', 'n1'] });
    expect(look({ ...two, pods: [...two.pods, vault] })).toMatchObject({
      patient: { node: 'n1', carries: ['the active Vault pod nfs-csi/vault-2'] },
    });
    expect(look(world({ ill: ['m'] }))).toMatchObject({
      patient: { node: 'm', soleControlPlane: true, carries: ['the control plane'] },
    });
  });

  test('one that is not Ready before any other is touched', () => {
    const it = world({ ill: ['n1'] });
    const nodes = it.nodes.map((n) => (n.name === 'n3' ? node('n3', { ready: 'Unknown' }) : n));
    expect(look({ ...it, nodes })).toMatchObject({ is: 'down', standing: { node: 'n3' } });
  });

  test('one without a pod network before one with a contested port', () => {
    const it = world({ ill: ['n1', 'n2'] });
    const agents = it.agents.map((a) => (a.node === 'n2' ? { ...a, ready: false } : a));
    expect(look({ ...it, agents })).toMatchObject({ is: 'cut-off', agent: { name: 'calico-n2' } });
  });

  test('one whose network pod is missing or on its way out is cut off, and no driver is touched', () => {
    const it = world({ ill: ['n1', 'n2'] });
    const missing = it.agents.filter((a) => a.node !== 'n2');
    const leaving = it.agents.map((a) =>
      a.node === 'n2' ? { ...a, deletionTimestamp: at(1) } : a,
    );
    for (const agents of [missing, leaving]) {
      const word = look({ ...it, agents });
      expect(word).toMatchObject({ is: 'no-agent' });
      expect(word.because).toContain('n2');
      expect(word.because).toContain('no network pod runs there');
    }
  });

  test('no network pod anywhere: it is not known whether the network is well', () => {
    const word = look({ ...world({ ill: ['n1'] }), agents: [] });
    expect(word).toMatchObject({ is: 'no-network' });
    expect(word.because).toContain(site.network.selector);
    expect(look({ ...world(), agents: [] })).toMatchObject({ is: 'covered' });
  });

  test('a network pod that is not ready on a registered node is nobody here', () => {
    const it = world();
    const agents = it.agents.map((a) => (a.node === 'n2' ? { ...a, ready: false } : a));
    expect(look({ ...it, agents })).toMatchObject({ is: 'covered' });
  });

  test('a young pod is waited for', () => {
    const it = world({ ill: ['n1'] });
    const drivers = it.drivers.map((d) =>
      d.node === 'n1' ? crashing('csi-n1', 'n1', { createdAt: at(1) }) : d,
    );
    expect(look({ ...it, drivers })).toMatchObject({ is: 'coming' });
  });

  test('a node that should have a pod and has none; and one that should not', () => {
    const it = world({ ill: ['n1'] });
    const drivers = it.drivers.filter((d) => d.node !== 'n1');
    expect(look({ ...it, drivers })).toMatchObject({ is: 'absent' });
    const set = it.set === undefined ? undefined : { ...it.set, desired: 3 };
    expect(look({ ...it, drivers, set })).toMatchObject({ is: 'covered' });
  });

  test('the control sample is the healthy node that would be touched last', () => {
    expect(controlOf(site, world({ ill: ['n1'] }), NOW)).toBe('m');
    expect(controlOf(site, world({ ill: ['m', 'n1'] }), NOW)).toBe('n2');
    expect(controlOf(site, world({ ill: ['m', 'n1', 'n2', 'n3'] }), NOW)).toBeUndefined();
  });
});

const unmounted = (names: string) =>
  `Unable to attach or mount volumes: unmounted volumes=[${names}], unattached volumes=[config data]: timed out waiting for the condition`;

describe('registered, and mounts hang all the same', () => {
  const slow = waiter('slow', 'n2');
  const failing = (...events: readonly ReturnType<typeof failed>[]) => {
    const it = world();
    return { ...it, pods: [...it.pods, slow], failed: events };
  };

  test('a deadline just now, long after the driver came', () => {
    expect(look(failing(failed(slow, {})))).toMatchObject({ is: 'hanging', node: 'n2' });
  });

  test.for<readonly [string, ReturnType<typeof failed>[]]>([
    ['an old event', [failed(slow, { last: at(20) })]],
    ['of another kind', [failed(slow, { kind: 'other' })]],
    ['of a pod that is gone', [failed({ ...slow, uid: 'gone' }, {})]],
    [
      'begun while the driver was not registered',
      [failed(slow, {}), failed(slow, { kind: 'not-registered', last: at(2) })],
    ],
  ])('%s is none', ([, events]) => {
    expect(look(failing(...events))).toMatchObject({ is: 'covered' });
  });

  const MIXED = [
    { name: 'data', claim: 'data', inlineNfs: false },
    { name: 'config', inlineNfs: false },
    { name: 'kube-api-access-x', inlineNfs: false },
  ];
  test.for([
    'MountVolume.SetUp failed for volume "config" : configmap "app" not found: timed out waiting for the condition',
    unmounted('config'),
    'timed out waiting for the condition',
  ])('%s: another volume of a pod that has NFS too is no fault of the kernel', (message) => {
    const it = world();
    const mixed = waiter('mixed', 'n2', { volumes: MIXED });
    const seen = { ...it, pods: [...it.pods, mixed], failed: [failed(mixed, { message })] };
    expect(look(seen)).toMatchObject({ is: 'covered' });
    const missing = { ...seen, failed: [failed(mixed, { message, kind: 'no-entry' })] };
    expect(missingDirectories(site, missing, NOW)).toEqual([]);
    const runs = { ...seen, pods: [{ ...mixed, phase: 'Running' as const }] };
    expect(readWhole(site, runs, NOW - 5 * 60_000, NOW)).toMatchObject({ is: 'well' });
  });

  test.for([
    'MountVolume.SetUp failed for volume "pv-app" : rpc error: code = DeadlineExceeded',
    unmounted('data'),
    unmounted('config data'),
  ])('%s: its NFS volume is', (message) => {
    const it = world();
    const mixed = waiter('mixed', 'n2', { volumes: MIXED });
    const seen = { ...it, pods: [...it.pods, mixed], failed: [failed(mixed, { message })] };
    expect(look(seen)).toMatchObject({ is: 'hanging', node: 'n2' });
  });

  test('a volume of type nfs is one by the name in the spec', () => {
    const it = world();
    const inline = waiter('inline', 'n2', {
      claims: [],
      inlineNfs: true,
      volumes: [{ name: 'media', inlineNfs: true }],
    });
    const message = 'MountVolume.SetUp failed for volume "media" : mount timed out';
    const seen = { ...it, pods: [...it.pods, inline], failed: [failed(inline, { message })] };
    expect(look(seen)).toMatchObject({ is: 'hanging', node: 'n2' });
  });

  test('a pod on block storage that waits is none', () => {
    const it = world();
    const block = waiter('block', 'n2', { claims: ['local'] });
    const word = look({ ...it, pods: [...it.pods, block], failed: [failed(block, {})] });
    expect(word).toMatchObject({ is: 'covered' });
  });

  test('a directory that the server does not have is named', () => {
    const it = failing(failed(slow, { kind: 'no-entry', message: 'No such file or directory' }));
    expect(look(it)).toMatchObject({ is: 'covered' });
    expect(missingDirectories(site, it, NOW)).toEqual([
      { pod: 'app/slow', message: 'No such file or directory' },
    ]);
    expect(readWaiting(site, it, NOW)).toMatchObject({ is: 'no-entry' });
  });
});

describe('what could not be read', () => {
  const sight = Object.fromEntries(
    Object.entries(world()).map(([name, it]) => [name, ok(it)]),
  ) as unknown as Sight;

  test('all of it was', () => {
    expect(known(sight)).toHaveProperty('known');
  });

  test.for(Object.keys(world()))('%s: nothing is concluded', (name) => {
    expect(known({ ...sight, [name]: no('timeout') })).toEqual({
      unread: expect.stringContaining('could not be read: timeout') as string,
    });
  });
});

describe('controllers and speakers', () => {
  const it = world();
  const controllers = (pods: readonly Pod[]) =>
    peers(site, 'controller', { ...it, controllers: pods }, NOW);
  const speakers = (of: Site, pods: readonly Pod[]) =>
    peers(of, 'speaker', { ...it, speakers: pods }, NOW);

  test('well, on nodes of their own', () => {
    expect(controllers(it.controllers)).toMatchObject({ is: 'well' });
    expect(peers(site, 'speaker', it, NOW)).toMatchObject({ is: 'well' });
  });

  test('one that crash-loops is repaired; the first by name of several', () => {
    const pods = [crashing('ctl-b', 'n2'), crashing('ctl-a', 'n1')];
    expect(controllers(pods)).toMatchObject({
      is: 'ill',
      patient: { kind: 'controller', node: 'n1', pod: { name: 'ctl-a' } },
    });
  });

  test('two on one node stand in each other’s way, and no deletion helps', () => {
    const pods = [pod({ name: 'ctl-a', node: 'm' }), crashing('ctl-b', 'm')];
    expect(controllers(pods)).toMatchObject({ is: 'co-located' });
  });

  test('one that is starting, or has no node yet, is waited for', () => {
    const young = pod({
      name: 'ctl-a',
      node: 'n1',
      ready: false,
      createdAt: at(1),
      containers: [container({ name: 'nfs', ready: false })],
    });
    expect(controllers([young])).toMatchObject({ is: 'coming' });
    const pending = pod({ name: 'ctl-b', phase: 'Pending', ready: false });
    const word = controllers([pending]);
    expect(word).toMatchObject({ is: 'unplaced' });
    expect(word.because).toBe('ctl-b has no node yet: the scheduler has found none');
  });

  test('none at all is not well where the inventory names some, and fine where it names none', () => {
    const word = controllers([]);
    expect(word).toMatchObject({ is: 'absent' });
    expect(word.because).toContain('either the selector in sre.yaml is wrong, or none exists');
    expect(speakers(site, [])).toMatchObject({ is: 'absent' });
    const { speakers: _, ...without } = site;
    expect(speakers(without, [])).toMatchObject({ is: 'well' });
    for (const none of [{ controllers: [] }, { speakers: [] }])
      expect(isQuiet(site, { ...it, ...none }, NOW)).toBe(false);
  });

  test('all of them on their way out is not well either', () => {
    const leaving = it.controllers.map((p) => ({ ...p, deletionTimestamp: at(1) }));
    expect(controllers(leaving)).toMatchObject({ is: 'absent' });
    const going = it.speakers.map((p) => ({ ...p, deletionTimestamp: at(1) }));
    expect(speakers(site, going)).toMatchObject({ is: 'absent' });
  });

  test('a controller on a control plane is out of place', () => {
    expect(misplaced([pod({ name: 'ctl-a', node: 'm' })], it.nodes)).toHaveLength(1);
    expect(misplaced(it.controllers, it.nodes)).toEqual([]);
  });
});

describe('the pods that wait', () => {
  const it = world();
  const old = waiter('old', 'n1');
  const young = waiter('young', 'n1', { createdAt: at(2) });
  const bare = waiter('bare', 'n1');
  const { owner: _, ...orphaned } = bare;
  const block = waiter('block', 'n1', { claims: ['local'] });

  test('only those on NFS', () => {
    expect(readWaiting(site, { ...it, pods: [block] }, NOW)).toMatchObject({ is: 'none' });
    expect(readWaiting(site, { ...it, pods: [old, block] }, NOW)).toMatchObject({
      is: 'some',
      pods: [{ name: 'old' }],
    });
  });

  const said = [old, young, bare].map((p) => failed(p, { kind: 'not-registered' }));

  const laggards = (pods: readonly Pod[], of = it) =>
    readLaggards(site, { ...of, pods, failed: said }, NOW);

  test('a laggard is old, has an owner, and its node is served', () => {
    expect(laggards([young, old]).next?.name).toBe('old');
    expect(laggards([young]).next).toBeUndefined();
    const alone = laggards([orphaned]);
    expect(alone.next).toBeUndefined();
    expect(alone.because).toContain('app/bare');
    expect(laggards([old], world({ ill: ['n1'] })).next).toBeUndefined();
  });

  test('a pod that waits for another volume by its events is no laggard', () => {
    const volumes = [
      { name: 'data', claim: 'data', inlineNfs: false },
      { name: 'config', inlineNfs: false },
    ];
    const waits = { ...old, volumes };
    const event = failed(waits, { message: unmounted('config'), kind: 'other' });
    const config = readLaggards(site, { ...it, pods: [waits], failed: [event] }, NOW);
    expect(config.next).toBeUndefined();
    expect(config.because).toContain('left alone: app/old');
    const both = [event, failed(waits, { message: unmounted('data'), kind: 'other' })];
    expect(readLaggards(site, { ...it, pods: [waits], failed: both }, NOW).next).toBe(waits);
  });

  test.for<Init>([
    { name: 'restore', state: 'running' },
    { name: 'restore', state: 'terminated', reason: 'Completed' },
    { name: 'restore', state: 'waiting', reason: 'CrashLoopBackOff' },
    { name: 'restore', state: 'waiting', reason: 'ImagePullBackOff' },
  ])('a pod whose init container is $state $reason has its volumes: it is left alone', (init) => {
    const busy = { ...old, inits: [init] };
    const seen = { ...it, pods: [busy], failed: said };
    expect(readWaiting(site, seen, NOW)).toMatchObject({ is: 'none' });
    expect(readLaggards(site, seen, NOW).next).toBeUndefined();
    const first = { ...old, inits: [{ name: 'restore', state: 'unknown' as const }] };
    expect(readLaggards(site, { ...seen, pods: [first] }, NOW).next?.name).toBe('old');
  });
});

describe('the whole of it', () => {
  const it = world();
  const whole = (more: Partial<typeof it>) =>
    readWhole(site, { ...it, ...more }, NOW - 60_000, NOW);
  const slow = waiter('slow', 'n2');

  test('is well, and nothing of this incident is there', () => {
    expect(whole({})).toMatchObject({ is: 'well' });
    expect(isQuiet(site, it, NOW)).toBe(true);
  });

  test.for<readonly [string, Partial<typeof it>]>([
    ['a node is not registered', world({ ill: ['n1'] })],
    ['the DaemonSet is gone', { set: undefined }],
    [
      'the DaemonSet lacks a pod',
      { set: { namespace: '', name: 'x', desired: 4, ready: 3, updated: 4 } },
    ],
    ['a controller is down', { controllers: [crashing('ctl-a', 'n1')] }],
    ['a speaker is down', { speakers: [crashing('speaker-m', 'm')] }],
    ['a pod waits', { pods: [slow] }],
    [
      'a mount failed since for want of the driver',
      { failed: [failed(slow, { last: at(0.5), driver: site.csi.driver })] },
    ],
    [
      'a mount of a pod that runs failed since',
      { pods: [{ ...slow, phase: 'Running' }], failed: [failed(slow, { last: at(0.5) })] },
    ],
  ])('is not well: %s', ([, more]) => {
    expect(whole(more)).toMatchObject({ is: 'not-well' });
  });

  test('a mount that failed before is history, and one of another kind of volume is not ours', () => {
    expect(
      whole({ failed: [failed(slow, { last: at(9), driver: site.csi.driver })] }),
    ).toMatchObject({ is: 'well' });
    expect(whole({ failed: [failed(slow, { last: at(0.5) })] })).toMatchObject({ is: 'well' });
  });

  test('a lost container is not quiet', () => {
    const lost = pod({
      name: 'mysql-0',
      node: 'n1',
      phase: 'Failed',
      ready: false,
      owner: { kind: 'StatefulSet', name: 'mysql' },
      containers: [
        container({ name: 'mysql', state: 'terminated', reason: 'ContainerStatusUnknown' }),
      ],
    });
    expect(isQuiet(site, { ...it, pods: [lost] }, NOW)).toBe(false);
  });
});
