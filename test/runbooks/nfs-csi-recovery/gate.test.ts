import { describe, expect, test } from 'vitest';
import { readCanary } from '../../../runbooks/nfs-csi-recovery/judge/canary.ts';
import { readGate, sameStuck } from '../../../runbooks/nfs-csi-recovery/judge/gate.ts';
import type { GateLook } from '../../../runbooks/nfs-csi-recovery/judge/gate.ts';
import { readRung, sameRefusal } from '../../../runbooks/nfs-csi-recovery/judge/rung.ts';
import type { RungLook } from '../../../runbooks/nfs-csi-recovery/judge/rung.ts';
import { readServer } from '../../../runbooks/nfs-csi-recovery/judge/server.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { MountTry } from '../../../src/tools/nfs/probe.ts';
import type { NfsServer } from '../../../src/tools/nfs/server.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import { BOOT, no, node, ok, unit } from './made.ts';

const answer = (rpc: ServerAnswer['rpc'], tcp: ServerAnswer['tcp'] = 'open') =>
  ok<ServerAnswer>({ tcp, tcpSeconds: 0, rpc });

const nfsd = (more: Partial<NfsServer> = {}) =>
  ok<NfsServer>({
    bootId: BOOT,
    threads: 16,
    leaseSeconds: 90,
    graceSeconds: 90,
    inGrace: false,
    load1: 4,
    cpus: 44,
    fsidZero: false,
    ...more,
  });

describe('the NFS server', () => {
  const two = { n1: answer('answers'), n2: answer('answers') };

  test('is well where two nodes get an answer, with or without a look from inside', () => {
    expect(readServer(two, nfsd())).toMatchObject({ is: 'well', remarks: [] });
    expect(readServer(two, undefined)).toMatchObject({ is: 'well' });
    expect(readServer({ ...two, n3: answer('silent') }, no('no way in'))).toMatchObject({
      is: 'well',
    });
  });

  test('is down where nobody gets one, or nfsd has no thread; TCP alone proves nothing', () => {
    expect(readServer({ n1: answer('silent'), n2: answer('silent') }, nfsd())).toMatchObject({
      is: 'down',
    });
    expect(readServer(two, nfsd({ threads: 0 }))).toMatchObject({ is: 'down' });
  });

  test.for([
    { n1: answer('answers'), n2: no('no way in') },
    { n1: answer('unknown'), n2: answer('unknown') },
    { n1: answer('silent'), n2: no('no way in') },
    {},
  ])('one answer is none, and what could not be asked is no fault: %j', (answers) => {
    expect(readServer(answers, nfsd())).toMatchObject({ is: 'unknown' });
  });

  test('is waited for in its grace time, and not judged while it is saturated', () => {
    expect(readServer(two, nfsd({ inGrace: true }))).toMatchObject({ is: 'grace' });
    expect(readServer(two, nfsd({ load1: 38 }))).toMatchObject({ is: 'busy' });
    expect(readServer(two, nfsd({ load1: 16 }))).toMatchObject({ is: 'well' });
  });

  test('with a pseudo-root of its own it is named, since many paths then fail at once', () => {
    const word = readServer(two, nfsd({ fsidZero: true }));
    expect(word).toMatchObject({ is: 'well', remarks: [expect.stringContaining('fsid=0')] });
  });
});

const task = (more: Partial<Task>): Task => ({
  pid: 700,
  tid: 700,
  comm: 'mount.nfs',
  state: 'D',
  ppid: 1,
  threads: 1,
  startTicks: 5,
  ageSeconds: 300,
  wchan: 'rpc_wait_bit_killable',
  killable: 'yes',
  nfs: true,
  ...more,
});

const scan = (...tasks: readonly Task[]) => ok<TaskScan>({ bootId: BOOT, root: true, tasks });

const kubelet = (more: Partial<Kubelet> = {}) =>
  ok<Kubelet>({
    bootId: BOOT,
    root: true,
    unit: { active: 'active', sub: 'running', mainPid: 900 },
    healthz: { is: 'status', status: 200 },
    processes: [],
    ...more,
  });

describe('the gate of a node', () => {
  const look = (more: Partial<GateLook> = {}): GateLook => ({
    scan: scan(),
    answer: answer('answers'),
    node: ok(node('n1')),
    kubelet: kubelet(),
    ...more,
  });
  const read = (more: Partial<GateLook>) => readGate('n1', look(more));

  test('is clear where the server answers it and no mount hangs', () => {
    expect(read({})).toMatchObject({ is: 'clear' });
  });

  test('is stuck where a mount.nfs is in D, and nothing else counts as one', () => {
    expect(read({ scan: scan(task({})) })).toMatchObject({ is: 'stuck' });
    expect(read({ scan: scan(task({ comm: 'mount.nfs4' })) })).toMatchObject({ is: 'stuck' });
    expect(read({ scan: scan(task({ state: 'Z' }), task({ comm: 'mysqld' })) })).toMatchObject({
      is: 'clear',
    });
  });

  test('the same mount twice is stuck; another one is only busy', () => {
    expect(sameStuck([task({})], [task({})])).toBe(true);
    expect(sameStuck([task({})], [task({ startTicks: 6 })])).toBe(false);
  });

  test.for<readonly [string, Partial<GateLook>]>([
    [
      'a kubelet that cannot be killed',
      {
        kubelet: kubelet({ unit: { active: 'deactivating', sub: 'final-sigkill', mainPid: 900 } }),
      },
    ],
    [
      'a kubelet that is a zombie with threads',
      {
        kubelet: kubelet({
          processes: [{ pid: 900, startTicks: 1, comm: 'kubelet', state: 'Z', threads: 3 }],
        }),
      },
    ],
    ['a node that is not Ready', { node: ok(node('n1', { ready: 'False' })) }],
  ])('%s goes to the runbook of the kernel', ([, more]) => {
    expect(read(more)).toMatchObject({ is: 'kubelet' });
  });

  test('a server that does not answer this node is its way there', () => {
    expect(read({ answer: answer('silent') })).toMatchObject({ is: 'unserved' });
  });

  test.for<readonly [string, Partial<GateLook>]>([
    ['no way in', { scan: no('unreachable') }],
    ['no root', { scan: ok({ bootId: BOOT, root: false, tasks: [] }) }],
    ['no such node', { node: ok(undefined) }],
    ['another machine', { node: ok(node('n1', { bootID: 'other' })) }],
    ['no answer to ask for', { answer: no('timeout') }],
    ['nothing to ask with', { answer: answer('unknown') }],
    ['no server in the inventory', { answer: undefined }],
  ])('is blind with %s', ([, more]) => {
    expect(read(more)).toMatchObject({ is: 'blind' });
  });
});

const rungLook = (more: Partial<RungLook> = {}): RungLook => ({
  scan: scan(),
  unit: unit(),
  kubelet: kubelet(),
  ...more,
});

describe('whether a service may be restarted', () => {
  test('only where no thread is in D and nothing is a zombie', () => {
    expect(readRung('kubelet', 'n1', rungLook())).toMatchObject({
      is: 'clear',
      service: { node: 'n1', bootId: BOOT, mainPid: 900 },
    });
    for (const it of [task({ comm: 'mysqld' }), task({ comm: 'sh', state: 'Z', nfs: false })]) {
      expect(readRung('kubelet', 'n1', rungLook({ scan: scan(it) }))).toMatchObject({
        is: 'refused',
      });
    }
  });

  test('one that cannot be killed is not restarted', () => {
    const it = unit({ active: 'deactivating', sub: 'final-sigkill' });
    expect(readRung('kubelet', 'n1', rungLook({ unit: it }))).toMatchObject({ is: 'refused' });
  });

  test('is refused twice only beside the same thread: one that is in D for a moment is at work', () => {
    const beside = (more: Partial<Task>) =>
      readRung('kubelet', 'n1', rungLook({ scan: scan(task(more)) }));
    expect(sameRefusal(beside({}), beside({}))).toBe(true);
    expect(sameRefusal(beside({ pid: 701 }), beside({}))).toBe(false);
    expect(sameRefusal(beside({ tid: 701 }), beside({}))).toBe(false);
    expect(sameRefusal(beside({ startTicks: 6 }), beside({}))).toBe(false);
    const dying = readRung('kubelet', 'n1', rungLook({ unit: unit({ active: 'deactivating' }) }));
    expect(sameRefusal(dying, dying)).toBe(true);
    expect(sameRefusal(dying, beside({}))).toBe(false);
    expect(sameRefusal(beside({}), undefined)).toBe(false);
  });

  test.for<readonly [string, Partial<RungLook>]>([
    ['no way in', { scan: no('unreachable') }],
    ['no root', { scan: ok({ bootId: BOOT, root: false, tasks: [] }) }],
    ['no word of the unit', { unit: no('timeout') }],
  ])('is not known with %s', ([, more]) => {
    expect(readRung('containerd', 'n1', rungLook(more))).toMatchObject({ is: 'blind' });
  });
});

const tried = (it: MountTry) => readCanary('n1', ok(it)).is;

describe('a test mount', () => {
  test('proves that mounts work only where it mounted', () => {
    const process = { pid: 1, startTicks: 2, comm: 'mount.nfs' };
    expect(tried({ bootId: BOOT, is: 'mounted', seconds: 0.4, version: '4.2', undone: true })).toBe(
      'mounted',
    );
    expect(tried({ bootId: BOOT, is: 'hung', seconds: 15, left: process })).toBe('hangs');
    expect(tried({ bootId: BOOT, is: 'busy', task: { ...process, wchan: 'x' } })).toBe('hangs');
    expect(tried({ bootId: BOOT, is: 'locked' })).toBe('again');
    expect(
      tried({ bootId: BOOT, is: 'failed', seconds: 2, code: 32, reason: 'no-entry', says: 'x' }),
    ).toBe('refused');
  });

  test('that could not be made is no proof', () => {
    expect(readCanary('n1', undefined).is).toBe('untried');
    expect(readCanary('n1', no('withheld')).is).toBe('again');
  });
});
