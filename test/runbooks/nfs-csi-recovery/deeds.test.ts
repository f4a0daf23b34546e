import { describe, expect, test } from 'vitest';
import { judgeGone } from '../../../src/deeds/delete-pod.ts';
import { judgeRestarted } from '../../../src/deeds/restart-service.ts';
import type { ServiceSeen } from '../../../src/deeds/restart-service.ts';
import { controlStays } from '../../../src/guards/control-sample.ts';
import { sandboxOrphaned } from '../../../src/guards/orphan-sandbox.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { Guard } from '../../../src/runbook/step.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { Sandbox } from '../../../src/tools/node/sandboxes.ts';
import type { Holder } from '../../../runbooks/nfs-csi-recovery/facts.ts';
import { stillIll } from '../../../runbooks/nfs-csi-recovery/remove.ts';
import { unitReason, unitStands, unitWarning } from '../../../runbooks/nfs-csi-recovery/restart.ts';
import { judgeDone, sandboxStands } from '../../../runbooks/nfs-csi-recovery/sandbox.ts';
import {
  BOOT,
  contest,
  crashing,
  csiNode,
  holder,
  no,
  node,
  nobody,
  ok,
  owner,
  patient,
  pod,
  portLook,
  runtime,
  sandbox,
  site,
  unit,
} from './made.ts';

const judge = (guard: Guard, seen: Record<string, Observation<unknown>>): string =>
  guard.judge(seen).verdict;

describe('the control sample', () => {
  const well = { csiNode: ok(csiNode('m')), drivers: ok([pod({ name: 'csi-m', node: 'm' })]) };

  test('stays while another node is worked on and it is registered itself', () => {
    expect(judge(controlStays(site, 'm', 'n1'), well)).toBe('holds');
    expect(judge(controlStays(site, 'm', 'm'), well)).toBe('fails');
    expect(judge(controlStays(site, null, 'n1'), {})).toBe('holds');
  });

  test('that has fallen ill stops the run; one that cannot be read does not hold', () => {
    const guard = controlStays(site, 'm', 'n1');
    expect(judge(guard, { ...well, csiNode: ok(csiNode('m', false)) })).toBe('fails');
    expect(judge(guard, { ...well, drivers: ok([crashing('csi-m', 'm')]) })).toBe('fails');
    expect(judge(guard, { ...well, csiNode: no('timeout') })).toBe('unknown');
    expect(judge(guard, { ...well, drivers: no('timeout') })).toBe('unknown');
  });
});

const sandboxSeen = (more: Record<string, Observation<unknown>> = {}) => ({
  ready: ok('ready'),
  pods: ok([pod({ name: 'csi-n1', node: 'n1' })]),
  here: ok(runtime(sandbox())),
  ...more,
});

describe('the guard of an orphan sandbox', () => {
  const guard = sandboxOrphaned(site, 'n1', sandbox());

  test('holds where no pod and no static pod of the API has that UID', () => {
    expect(judge(guard, sandboxSeen())).toBe('holds');
    expect(judge(guard, sandboxSeen({ here: ok(runtime()) }))).toBe('holds');
  });

  test('fails where one has, by UID or by the hash of its file, or the id is another pod’s', () => {
    expect(judge(guard, sandboxSeen({ pods: ok([pod({ name: 'x', uid: 'dead-uid' })]) }))).toBe(
      'fails',
    );
    const mirror = pod({ name: 'etcd-m', mirror: true, configHash: 'dead-uid' });
    expect(judge(guard, sandboxSeen({ pods: ok([mirror]) }))).toBe('fails');
    expect(judge(guard, sandboxSeen({ here: ok(runtime(sandbox({ podUid: 'x' }))) }))).toBe(
      'fails',
    );
  });

  test('fails for a static pod, also where the API shows no mirror pod of it', () => {
    const podUid = '0123456789abcdef0123456789abcdef';
    const it = sandboxOrphaned(site, 'n1', sandbox({ podUid }));
    expect(judge(it, sandboxSeen({ here: ok(runtime(sandbox({ podUid }))) }))).toBe('fails');
  });

  test.for<readonly [string, Record<string, Observation<unknown>>]>([
    ['an API server that is not ready', { ready: no('etcd') }],
    ['no list of pods', { pods: no('timeout') }],
    ['an empty list', { pods: ok([]) }],
    ['no answer from crictl', { here: no('timeout') }],
  ])('does not hold with %s', ([, more]) => {
    expect(judge(guard, sandboxSeen(more))).toBe('unknown');
  });
});

const gone = (it: Parameters<typeof judgeGone>[1]['pod']) =>
  judgeGone(patient.pod, { pod: it }).effect;

const signals = (more: Partial<Parameters<typeof stillIll>[3]> = {}) => ({
  pod: ok(crashing('csi-n1', 'n1')),
  csiNode: ok(csiNode('n1', false)),
  ...portLook(nobody),
  ...more,
});

describe('a deletion', () => {
  test('is proven by the UID, never by the name', () => {
    expect(gone(ok(undefined))).toBe('confirmed');
    expect(gone(ok(pod({ name: 'csi-n1', uid: 'new' })))).toBe('confirmed');
    expect(gone(ok(pod({ name: 'csi-n1' })))).toBe('refuted');
    expect(gone(no('timeout'))).toBe('unknown');
  });

  const drift = (more: Parameters<typeof signals>[0] = {}) =>
    stillIll(site, patient, contest, signals(more)).drift;

  test('goes on only while the pod is down and its port is free', () => {
    expect(drift()).toBe('same');
  });

  test.for<readonly [string, Parameters<typeof signals>[0]]>([
    ['the pod is gone', { pod: ok(undefined) }],
    ['the pod is another one', { pod: ok(crashing('csi-n1', 'n1', { uid: 'new' })) }],
    [
      'somebody deletes it already',
      { pod: ok(crashing('csi-n1', 'n1', { deletionTimestamp: '2026-05-17T09:00:00Z' })) },
    ],
    [
      'it has come up',
      { pod: ok(pod({ name: 'csi-n1', node: 'n1' })), csiNode: ok(csiNode('n1')) },
    ],
    ['the port is taken again', portLook(owner(holder({ podUid: 'dead-uid' })))],
  ])('stops where %s', ([, more]) => {
    expect(drift(more)).toBe('changed');
  });

  test.for<readonly [string, Parameters<typeof signals>[0]]>([
    ['the pod could not be read', { pod: no('timeout') }],
    ['the registered drivers could not be read', { csiNode: no('timeout') }],
    ['the port could not be looked at', { owners: { 29653: no('timeout') } }],
  ])('does not go on where %s', ([, more]) => {
    expect(drift(more)).toBe('unknown');
  });
});

const here = (...all: readonly Sandbox[]) => ({ here: ok(runtime(...all)) });

describe('a sandbox', () => {
  const it: Holder = {
    node: 'n1',
    sandbox: sandbox(),
    containers: ['nfs'],
    process: 'livenessprobe (pid 1816)',
    because: '',
  };
  const stopped = here(sandbox({ ready: false }));

  test('is stopped where it is not ready, and removed where it is not listed', () => {
    expect(judgeDone('stop', it, here(sandbox())).effect).toBe('refuted');
    expect(judgeDone('stop', it, stopped).effect).toBe('confirmed');
    expect(judgeDone('stop', it, here()).effect).toBe('confirmed');
    expect(judgeDone('remove', it, stopped).effect).toBe('refuted');
    expect(judgeDone('remove', it, here()).effect).toBe('confirmed');
  });

  test('of which crictl says nothing is neither', () => {
    expect(judgeDone('stop', it, { here: no('timeout') }).effect).toBe('unknown');
    expect(judgeDone('remove', it, { here: no('timeout') }).effect).toBe('unknown');
    expect(sandboxStands('stop', it, { here: no('timeout') }).drift).toBe('unknown');
  });

  test('that is not as it was seen voids the yes', () => {
    expect(sandboxStands('stop', it, here(sandbox())).drift).toBe('same');
    expect(sandboxStands('stop', it, stopped).drift).toBe('changed');
    expect(sandboxStands('remove', it, stopped).drift).toBe('same');
    expect(sandboxStands('remove', it, here()).drift).toBe('changed');
  });
});

const seen = (more: Partial<ServiceSeen> = {}): ServiceSeen => ({
  unit: unit({ mainPid: 950, startedUs: 2, startedAt: Date.parse('2026-05-17T09:00:50Z') }),
  kubelet: ok<Kubelet>({
    bootId: BOOT,
    root: true,
    healthz: { is: 'status', status: 200 },
    processes: [],
  }),
  node: ok(node('n1')),
  lease: ok({ renewTime: '2026-05-17T09:01:00Z' }),
  ...more,
});

describe('a restart', () => {
  const service = { node: 'n1', bootId: BOOT, mainPid: 900 };
  const before = seen({ unit: unit(), lease: ok({ renewTime: '2026-05-17T09:00:00Z' }) });
  const effect = (more: Partial<ServiceSeen> = {}) =>
    judgeRestarted('kubelet', service, before, seen(more)).effect;

  test('is proven by another main process, its health, a new heartbeat and a Ready node', () => {
    expect(effect()).toBe('confirmed');
  });

  test.for<readonly [string, Partial<ServiceSeen>]>([
    ['the process is the same', { unit: unit() }],
    ['it is not active', { unit: unit({ active: 'activating', mainPid: 950, startedUs: 2 }) }],
    [
      'the endpoint refuses',
      { kubelet: ok({ bootId: BOOT, root: true, healthz: { is: 'refused' }, processes: [] }) },
    ],
    ['the heartbeat stands still', { lease: before.lease }],
    [
      'the process before it renewed the lease last, while the question was open',
      { lease: ok({ renewTime: '2026-05-17T09:00:48Z' }) },
    ],
    ['the node is not Ready', { node: ok(node('n1', { ready: 'Unknown' })) }],
  ])('is refuted where %s', ([, more]) => {
    expect(effect(more)).toBe('refuted');
  });

  test.for<readonly [string, Partial<ServiceSeen>]>([
    ['the unit could not be read', { unit: no('timeout') }],
    ['the node has booted', { unit: unit({ bootId: 'other', mainPid: 950 }) }],
    ['the heartbeat could not be read', { lease: no('timeout') }],
    ['the node tells no time', { unit: unit({ mainPid: 950, startedUs: 2 }) }],
  ])('is unknown where %s', ([, more]) => {
    expect(effect(more)).toBe('unknown');
  });

  const stands = (more: object) =>
    unitStands('kubelet', patient, contest, service, {
      unit: unit(),
      ...portLook(owner(holder({ podUid: 'dead-uid' }))),
      ...more,
    }).drift;

  test('goes on only while an orphan still holds the port and the process is the one seen', () => {
    expect(stands({})).toBe('same');
    expect(stands(portLook(nobody))).toBe('changed');
    expect(stands(portLook(owner(holder({ shown: false }))))).toBe('changed');
    expect(stands({ unit: unit({ mainPid: 901 }) })).toBe('changed');
    expect(stands({ unit: no('timeout') })).toBe('unknown');
    expect(stands({ owners: { 29653: no('timeout') } })).toBe('unknown');
  });

  test('asks for a reason where the node carries something first among equals', () => {
    expect(unitReason('kubelet', patient)).toBeUndefined();
    const plane = { ...patient, soleControlPlane: true, carries: ['the control plane'] };
    expect(unitReason('kubelet', plane)).toContain('the control plane');
    expect(unitWarning(plane)).toContain('the only control plane');
    expect(unitWarning(patient)).toBeUndefined();
  });
});
