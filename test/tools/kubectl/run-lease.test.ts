import { describe, expect, test } from 'vitest';
import type { RawOutput } from '../../../src/runbook/command.ts';
import {
  createRunLease,
  readRunLease,
  replaceRunLease,
} from '../../../src/tools/kubectl/run-lease.ts';
import type { LeaseText } from '../../../src/tools/kubectl/run-lease.ts';
import { exited, readWith, valueOf, whyOf } from '../output.ts';
import { CLUSTER } from '../site.ts';
import { recorded } from './recorded.ts';

const READ = readRunLease(CLUSTER, 'kube-system');
const TEXT: LeaseText = {
  number: 5,
  holder: {
    run: '01JSE2V7Q0WX3R5T7Y9ZABCDEG',
    owner: 'ops@box',
    purpose: 'vault-raft-deadlock: delete the pod',
    durationSeconds: 180,
    acquiredAt: Date.UTC(2026, 3, 22, 9, 20, 1, 7),
    renewedAt: Date.UTC(2026, 3, 22, 9, 21, 2),
  },
};
const CREATE = createRunLease(CLUSTER, 'kube-system', TEXT);
const REPLACE = replaceRunLease(CLUSTER, 'kube-system', '80412346', TEXT);

const HELD = {
  resourceVersion: '80412346',
  number: 4,
  holder: {
    run: '01JSE2V7Q0WX3R5T7Y9ZABCDEF',
    owner: 'ops@laptop',
    purpose: 'vault-raft-deadlock: delete the pod of the leader',
    durationSeconds: 180,
    acquiredAt: Date.UTC(2026, 3, 22, 9, 10, 2, 4),
    renewedAt: Date.UTC(2026, 3, 22, 9, 13, 51, 871),
  },
};

const sent = (command: typeof CREATE): unknown => {
  const stdin = command.run.kind === 'argv' ? command.run.stdin : undefined;
  return stdin?.kind === 'text' ? (JSON.parse(stdin.text) as unknown) : undefined;
};

/** The lease with another spec or other annotations. */
const lease = (spec: object | undefined, annotations?: Record<string, string>): RawOutput =>
  exited(JSON.stringify({ kind: 'Lease', metadata: { resourceVersion: '7', annotations }, spec }));

describe('read', () => {
  test('who has it, for what, since when', () => {
    expect(valueOf(readWith(READ, recorded('lease-held')))).toEqual(HELD);
  });

  test('absent is a value of its own, every other failure is none', () => {
    expect(valueOf(readWith(READ, recorded('lease-missing')))).toBeUndefined();
    for (const name of ['lease-forbidden', 'refused', 'hang', 'etcd-timeout', 'path-missing']) {
      expect(readWith(READ, recorded(name)).ok).toBe(false);
    }
  });

  test.for([[undefined], [{}], [{ leaseTransitions: 0 }], [{ holderIdentity: null }]] as const)(
    'a spec of %j is free',
    ([spec]) => {
      expect(valueOf(readWith(READ, lease(spec)))).toEqual({ resourceVersion: '7', number: 0 });
    },
  );

  test.for([
    [{ holderIdentity: 'r' }],
    [{ holderIdentity: 'r', leaseDurationSeconds: 180 }],
    [{ holderIdentity: 'r', leaseDurationSeconds: 180, renewTime: 'soon' }],
    [{ holderIdentity: 'r', leaseDurationSeconds: 0, renewTime: '2026-04-22T09:13:51.871000Z' }],
    [{ holderIdentity: 7 }],
    [{ leaseTransitions: -1 }],
  ] as const)('a spec of %j is not understood, which is not free', ([spec]) => {
    expect(whyOf(readWith(READ, lease(spec))).why).toBe('unparsable');
  });

  test('what others wrote is one clean line, and nobody passes for another run', () => {
    const spec = {
      holderIdentity: `01JSE2V7Q0WX3R5T7Y9ZABCDEF\u200B`,
      leaseDurationSeconds: 180,
      renewTime: '2026-04-22T09:13:51.871000Z',
    };
    const notes = { 'sre/owner': 'a\u001B[2J\nb', 'sre/purpose': 'x'.repeat(1000) };
    const { holder } = valueOf(readWith(READ, lease(spec, notes))) ?? {};
    expect(holder?.run).toBe('not a run: 01JSE2V7Q0WX3R5T7Y9ZABCDEF');
    expect(holder?.owner).toBe('a b');
    expect(holder?.purpose).toHaveLength(300);
  });
});

describe('write', () => {
  test('the times have six digits, and the version that was read pins a replacement', () => {
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'sre-run',
        namespace: 'kube-system',
        labels: { 'app.kubernetes.io/managed-by': 'sre' },
        annotations: {
          'sre/owner': 'ops@box',
          'sre/purpose': 'vault-raft-deadlock: delete the pod',
        },
      },
      spec: {
        leaseTransitions: 5,
        holderIdentity: '01JSE2V7Q0WX3R5T7Y9ZABCDEG',
        leaseDurationSeconds: 180,
        acquireTime: '2026-04-22T09:20:01.007000Z',
        renewTime: '2026-04-22T09:21:02.000000Z',
      },
    };
    expect(sent(CREATE)).toEqual(body);
    expect(sent(REPLACE)).toEqual({
      ...body,
      metadata: { ...body.metadata, resourceVersion: '80412346' },
    });
  });

  test('a release keeps the number and has no holder, not even an empty one', () => {
    expect(sent(replaceRunLease(CLUSTER, 'kube-system', '80412346', { number: 5 }))).toMatchObject({
      spec: { leaseTransitions: 5 },
    });
    const text = JSON.stringify(
      sent(replaceRunLease(CLUSTER, 'kube-system', '80412346', { number: 5 })),
    );
    expect(text).not.toMatch(/holderIdentity|annotations|renewTime/);
  });

  test('the reason of a take-over stands in the lease', () => {
    const { holder } = TEXT;
    const over = { ...TEXT, ...(holder && { holder: { ...holder, tookOver: 'laptop died' } }) };
    expect(sent(createRunLease(CLUSTER, 'kube-system', over))).toMatchObject({
      metadata: { annotations: { 'sre/take-over': 'laptop died' } },
    });
  });

  test.for([
    ['lease-created', 'written'],
    ['lease-replaced', 'written'],
    ['lease-exists', 'conflict'],
    ['lease-modified', 'conflict'],
    ['lease-deleted', 'conflict'],
  ] as const)('%s is %s', ([name, is]) => {
    expect(valueOf(readWith(REPLACE, recorded(name)))).toMatchObject({ is });
    expect(valueOf(readWith(CREATE, recorded(name)))).toMatchObject({ is });
  });

  test('a namespace that is not there is no conflict, and neither is a server that ran out of time', () => {
    expect(whyOf(readWith(CREATE, recorded('lease-no-namespace'))).says).toBe(
      'namespace gone does not exist: check the namespace in the inventory',
    );
    expect(whyOf(readWith(REPLACE, recorded('lease-etcd'))).why).toBe('timeout');
    expect(whyOf(readWith(REPLACE, recorded('lease-forbidden'))).why).toBe('denied');
  });
});
