import { describe, expect, test } from 'vitest';
import { failedMounts } from '../../../src/tools/kubectl/events.ts';
import { nodeLease } from '../../../src/tools/kubectl/leases.ts';
import { exited, readWith, valueOf } from '../output.ts';
import { CLUSTER } from '../site.ts';

/** What an API server of 1.34 notes of a lease that a node renews whose clock is two hours behind. */
const NOTED = [
  {
    manager: 'kubeadm',
    operation: 'Apply',
    time: '2026-11-27T23:02:45Z',
    fieldsV1: { 'f:spec': { 'f:holderIdentity': {}, 'f:leaseDurationSeconds': {} } },
  },
  {
    manager: 'kubelet',
    operation: 'Update',
    time: '2026-11-27T23:03:00Z',
    fieldsV1: { 'f:spec': { 'f:renewTime': {} } },
  },
];

describe('the heartbeat of a node', () => {
  const renewTime = '2026-11-27T21:03:00.756000Z';
  const read = (metadata: object) =>
    valueOf(
      readWith(
        nodeLease(CLUSTER, 'k8s-node3'),
        exited(JSON.stringify({ metadata, spec: { renewTime } })),
      ),
    );

  test('is dated by the API server, not by the clock of the node', () => {
    expect(read({ managedFields: NOTED })).toEqual({ renewTime: '2026-11-27T23:03:00Z' });
  });

  test.for([
    ['nothing', {}],
    ['who set other fields', { managedFields: NOTED.slice(0, 1) }],
    [
      'no time',
      { managedFields: [{ fieldsV1: { 'f:spec': { 'f:renewTime': {} } } }, { time: null }] },
    ],
    ['fields of another form', { managedFields: [{ time: 't', fieldsV1: 'f:renewTime' }] }],
  ] as const)('is dated by the node where the API server notes %s', ([, metadata]) => {
    expect(read(metadata)).toEqual({ renewTime });
  });
});

const event = (lastTimestamp: string | null, time?: string) => ({
  metadata: {
    creationTimestamp: '2026-11-27T22:30:00Z',
    ...(time === undefined
      ? {}
      : { managedFields: [{ time, fieldsV1: { 'f:count': {}, 'f:lastTimestamp': {} } }] }),
  },
  involvedObject: { kind: 'Pod', namespace: 'dbaas', name: 'mysql-0', uid: 'u' },
  reason: 'FailedMount',
  lastTimestamp,
});

const last = (...it: Parameters<typeof event>) => {
  const list = JSON.stringify({ items: [event(...it)] });
  return valueOf(readWith(failedMounts(CLUSTER), exited(list)))[0]?.last;
};

describe('a mount that failed', () => {
  test.for([
    ['two hours behind', '2026-11-27T21:00:00Z'],
    ['two hours ahead', '2026-11-28T01:00:00Z'],
  ] as const)('on a node whose clock is %s is dated by the API server', ([, own]) => {
    expect(last(own, '2026-11-27T23:00:01Z')).toBe('2026-11-27T23:00:01Z');
  });

  test('is dated by its reporter where the word of it only came late', () => {
    expect(last('2026-11-27T22:58:20Z', '2026-11-27T23:00:10Z')).toBe('2026-11-27T22:58:20Z');
  });

  test('is dated by its reporter where the API server noted nothing', () => {
    expect(last('2026-11-27T21:00:00Z')).toBe('2026-11-27T21:00:00Z');
  });

  test('without a time of its own is dated by the API server', () => {
    expect(last(null)).toBe('2026-11-27T22:30:00Z');
  });
});
