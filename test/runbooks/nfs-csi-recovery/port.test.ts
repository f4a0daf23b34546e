import { describe, expect, test } from 'vitest';
import { readCrash } from '../../../runbooks/nfs-csi-recovery/judge/crash.ts';
import { readPort, settled } from '../../../runbooks/nfs-csi-recovery/judge/port.ts';
import type { PortLook } from '../../../runbooks/nfs-csi-recovery/judge/port.ts';
import {
  contest,
  container,
  holder,
  IN_USE,
  no,
  nobody,
  NOW,
  ok,
  owner,
  patient,
  pod,
  portLook,
  runtime,
  sandbox,
} from './made.ts';

const read = (look: PortLook) => readPort(patient, contest, look);

const taken = (seconds: number, seen: PortLook) => ({ at: NOW + seconds * 1000, seen });

const decide = (...looks: readonly ReturnType<typeof taken>[]) => settled(patient, contest, looks);

describe('who holds the port', () => {
  const orphan = owner(holder({ podUid: 'dead-uid' }));

  test('nobody: it is free', () => {
    expect(read(portLook(nobody))).toMatchObject({ is: 'free' });
  });

  test('the pod itself alone: it is no obstacle, it ends with the pod', () => {
    expect(read(portLook(owner(holder({ podUid: patient.pod.uid }))))).toMatchObject({
      is: 'free',
    });
  });

  test('the pod itself on UDP, and nobody to be seen on TCP: what holds that is not its own', () => {
    const listeners = [
      { protocol: 'tcp' as const, address: '10.0.20.103', inode: 1 },
      { protocol: 'udp' as const, address: '10.0.20.103', inode: 2 },
    ];
    const own = holder({ podUid: patient.pod.uid, protocol: 'udp' });
    expect(read(portLook({ ...owner(own), listeners }))).toMatchObject({
      is: 'unknown',
      because: expect.stringContaining('a listener (tcp) and no owner') as string,
    });
    const both = [own, holder({ podUid: patient.pod.uid })];
    expect(read(portLook({ ...owner(...both), listeners }))).toMatchObject({ is: 'free' });
    const orphaned = [own, holder({ podUid: 'dead-uid' })];
    expect(read(portLook({ ...owner(...orphaned), listeners }))).toMatchObject({ is: 'orphan' });
  });

  test('a pod that the API does not know, with a sandbox: an orphan', () => {
    expect(read(portLook(orphan))).toMatchObject({
      is: 'orphan',
      holder: { node: 'n1', sandbox: { id: sandbox().id }, containers: ['liveness-probe'] },
    });
  });

  test('of several sandboxes of that pod the one that is ready', () => {
    const [old, live] = [
      sandbox({ id: 'c'.repeat(64), ready: false, createdAt: NOW }),
      sandbox({ id: 'd'.repeat(64) }),
    ];
    expect(read(portLook(orphan, { sandboxes: ok(runtime(old, live)) }))).toMatchObject({
      holder: { sandbox: { id: live.id } },
    });
  });

  test('an orphan that crictl does not list, or cannot be asked for, has nothing to stop', () => {
    expect(read(portLook(orphan, { sandboxes: ok(runtime()) }))).toMatchObject({ is: 'stray' });
    expect(read(portLook(orphan, { sandboxes: no('no answer in 40 s') }))).toMatchObject({
      is: 'stray',
      because: expect.stringContaining('no answer in 40 s') as string,
    });
  });

  test('a pod that the API knows is live; one that is being deleted is waited for', () => {
    const other = pod({ name: 'ctl-a', uid: 'dead-uid', node: 'n1' });
    expect(read(portLook(orphan, { pods: ok([other]) }))).toMatchObject({
      is: 'live',
      because: expect.stringContaining('nfs-csi/ctl-a') as string,
    });
    const leaving = { ...other, deletionTimestamp: '2026-05-17T09:00:00Z' };
    expect(read(portLook(orphan, { pods: ok([leaving]) }))).toMatchObject({ is: 'leaving' });
  });

  test('a static pod goes by the hash of its file: it is known, whatever its mirror pod is called', () => {
    const hash = '0123456789abcdef0123456789abcdef';
    const mirror = pod({ name: 'kube-apiserver-m', mirror: true, configHash: hash });
    const look = portLook(owner(holder({ podUid: hash })), { pods: ok([mirror]) });
    expect(read(look)).toMatchObject({ is: 'live' });
  });

  test('a static pod whose mirror pod is missing is no orphan either, and no sandbox of it is stopped', () => {
    const hash = '0123456789abcdef0123456789abcdef';
    const look = portLook(owner(holder({ podUid: hash })), {
      sandboxes: ok(runtime(sandbox({ podUid: hash }))),
    });
    expect(read(look)).toMatchObject({
      is: 'live',
      because: expect.stringContaining('static pod') as string,
    });
  });

  test.for<readonly [string, PortLook]>([
    ['ss shows no owner, a thread does', portLook(owner(holder({ shown: false, tid: 1820 })))],
    ['a zombie with a thread left', portLook(owner(holder({ state: 'Z', threads: 2 })))],
  ])('a dead holder: %s', ([, look]) => {
    expect(read(look)).toMatchObject({ is: 'dead-holder' });
  });

  test('a process in no pod is a service of the host', () => {
    expect(read(portLook(owner(holder({ comm: 'node_exporter' }))))).toMatchObject({
      is: 'host-service',
    });
  });

  test.for<readonly [string, PortLook]>([
    ['a listener that root sees no owner of', portLook(owner())],
    ['asked without root', portLook({ ...nobody, root: false })],
    ['not asked', { ...portLook(nobody), owners: { 29653: no('no way in') } }],
    ['an API server that is not ready', portLook(orphan, { ready: no('etcd') })],
    ['no list of pods', portLook(orphan, { pods: no('timeout') })],
    ['an empty list of pods', portLook(orphan, { pods: ok([]) })],
  ])('unknown is never an orphan: %s', ([, look]) => {
    expect(read(look)).toMatchObject({ is: 'unknown' });
  });

  test('where no port is known none is free', () => {
    const none = { ports: [], from: 'from its arguments' };
    expect(readPort(patient, none, { ...portLook(nobody), owners: {} })).toMatchObject({
      is: 'unknown',
      because: expect.stringContaining('no port of csi-n1 is known') as string,
    });
  });

  describe('is settled by two looks, 10 s apart', () => {
    test('one look proves nothing, nor do two within a moment', () => {
      expect(decide()).toBeUndefined();
      expect(decide(taken(0, portLook(nobody)))).toBeUndefined();
      expect(decide(taken(0, portLook(orphan)), taken(3, portLook(orphan)))).toBeUndefined();
    });

    test('two that agree', () => {
      expect(decide(taken(0, portLook(orphan)), taken(10, portLook(orphan)))).toMatchObject({
        is: 'orphan',
      });
    });

    test('a pod that was known ten seconds ago is no orphan yet', () => {
      const known = portLook(orphan, {
        pods: ok([pod({ name: 'x', uid: 'dead-uid', node: 'n1' })]),
      });
      expect(decide(taken(0, known), taken(10, portLook(orphan)))).toBeUndefined();
    });

    test('another sandbox of the same pod is another one', () => {
      const other = portLook(orphan, { sandboxes: ok(runtime(sandbox({ id: 'e'.repeat(64) }))) });
      expect(decide(taken(0, portLook(orphan)), taken(10, other))).toBeUndefined();
    });
  });
});

const log = (...lines: readonly string[]) => ({
  'liveness-probe': ok({ present: true, now: 0, lines }),
});

const down = (message?: string) =>
  ok(
    pod({
      name: 'csi-n1',
      containers: [
        container({
          name: 'liveness-probe',
          lastTermination: { exitCode: 1, ...(message === undefined ? {} : { message }) },
        }),
      ],
    }),
  );

describe('which port its pod could not bind', () => {
  const unnamed = { ...patient, contested: null };

  test('its termination message names it; the other ports of its arguments are looked at too', () => {
    expect(readCrash(unnamed, down(IN_USE), {})).toMatchObject({
      is: 'contested',
      contest: {
        ports: [29_653, 19_809],
        from: '29653 from its termination message, 19809 from its arguments',
      },
    });
  });

  test('else its log on the node', () => {
    const line = `2026-05-17T09:00:00Z stderr F E0517 main.go:109] "Failed" err="${IN_USE}"`;
    expect(readCrash(unnamed, down(), log(line))).toMatchObject({
      is: 'contested',
      contest: {
        ports: [29_653, 19_809],
        from: expect.stringContaining('29653 from its log') as string,
      },
    });
  });

  test('memberlist says it in words of its own', () => {
    const line =
      'failed to start TCP listener on "10.0.20.103" port 7946: listen tcp 10.0.20.103:7946: bind: address already in use';
    const speaker = { ...unnamed, ports: [] };
    expect(readCrash(speaker, down(), log(line))).toMatchObject({ contest: { ports: [7946] } });
  });

  test('else every port of its arguments is looked at', () => {
    expect(readCrash(unnamed, down(), log('starting'))).toMatchObject({
      is: 'unsaid',
      contest: { ports: [29_653, 19_809] },
    });
  });

  test('a log that could not be read is said, and is no reason to stop', () => {
    const word = readCrash(unnamed, down(), { 'liveness-probe': no('no way in') });
    expect(word).toMatchObject({
      is: 'unsaid',
      contest: { from: expect.stringContaining('no way in') as string },
    });
  });

  test('a pod or a log that could not be read is worth another look; a port that is named is not', () => {
    const unread = { 'liveness-probe': no('no way in') };
    expect(readCrash(unnamed, down(), unread)).toMatchObject({ unread: true });
    expect(readCrash(unnamed, no('timeout'), log('starting'))).toMatchObject({ unread: true });
    expect(readCrash(unnamed, down(), log('starting'))).toMatchObject({ unread: false });
    expect(readCrash(unnamed, down(IN_USE), unread)).toMatchObject({ unread: false });
    expect(readCrash(unnamed, no('timeout'), log(IN_USE))).toMatchObject({ is: 'contested' });
  });

  test('that it had no route to the API is said: the network was looked at before', () => {
    const line =
      'Post "https://10.96.0.1:443/api": dial tcp 10.96.0.1:443: connect: no route to host';
    expect(readCrash(unnamed, down(), log(line))).toMatchObject({
      is: 'unsaid',
      because: expect.stringContaining('no route to host') as string,
    });
  });
});
