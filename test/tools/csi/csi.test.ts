import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { getCsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import { listAllPods } from '../../../src/tools/kubectl/pods.ts';
import type { Container, Pod } from '../../../src/tools/kubectl/pods.ts';
import { orphanOf } from '../../../src/tools/csi/orphans.ts';
import { contestedPort, portsOf } from '../../../src/tools/csi/ports.ts';
import { registration } from '../../../src/tools/csi/registered.ts';
import { codeUnits, counterexample } from '../counterexample.ts';
import { object } from '../kubectl/recorded.ts';
import { readWith, valueOf } from '../output.ts';
import { CLUSTER } from '../site.ts';

const PODS = valueOf(readWith(listAllPods(CLUSTER), object('all-pods')));
const CSI_NODE = valueOf(readWith(getCsiNode(CLUSTER, 'k8s-node3'), object('csinode')));
const DRIVER = 'nfs.csi.k8s.io';

const [CRASHING, , JELLYFIN] = PODS as readonly [Pod, Pod, Pod];
const CONTAINER: Container = {
  name: 'c',
  state: 'running',
  ready: true,
  restarts: 0,
  args: [],
};
/** The same pod when all is well. */
const READY: Pod = {
  ...CRASHING,
  ready: true,
  containers: CRASHING.containers.map(({ name, args }) => ({ ...CONTAINER, name, args })),
};

describe('ports', () => {
  test('from the arguments of the live pod', () => {
    expect(portsOf(CRASHING)).toEqual([
      { container: 'liveness-probe', port: 29653 },
      { container: 'node-driver-registrar', port: 19809 },
    ]);
  });

  test.for([
    [['--health-port=29652'], [29652]],
    [['--health-port', '29652'], [29652]],
    [['--http-endpoint', ':9808'], [9808]],
    [['--http-endpoint=[::1]:9808'], [9808]],
    [
      ['-http-endpoint=localhost:9808', '--health-port=7'],
      [9808, 7],
    ],
    [['--http-endpoint=$(ENDPOINT)'], []],
    [['--http-endpoint=localhost:0'], []],
    [['--http-endpoint=localhost:65536'], []],
    [['--http-endpoint'], []],
    [['--metrics-port=29654', '--port=7472'], []],
  ] as const)('%j', ([args, ports]) => {
    const pod = { containers: [{ ...CONTAINER, args }] };
    expect(portsOf(pod).map((it) => it.port)).toEqual(ports);
  });
});

describe('a contested port', () => {
  test('from what the container wrote last', () => {
    expect(contestedPort(CRASHING, ['listen tcp :1: bind: address already in use'])).toEqual({
      port: 29653,
      from: 'termination message',
    });
  });

  test.for([
    ['listen tcp 127.0.0.1:29653: bind: address already in use', 29653],
    ['"err"="listen tcp [::]:7946: bind: address already in use"', 7946],
    ['listen udp 10.0.20.103:7946: bind: address already in use', 7946],
    [
      'failed to start TCP listener on "10.0.20.103" port 7946: listen tcp 10.0.20.103:7946: bind: address already in use',
      7946,
    ],
    ['Failed to start TCP listener on "10.0.20.103" port 7946', 7946],
    [
      'Failed to start TCP listener on "10.0.20.103" port 7946: listen tcp 10.0.20.103:7946: bind: cannot assign requested address',
      undefined,
    ],
    ['listen tcp 127.0.0.1:29653: bind: permission denied', undefined],
    ['dial tcp 127.0.0.1:29653: connect: connection refused', undefined],
    ['', undefined],
  ] as const)('in a log: %s', ([line, port]) => {
    expect(contestedPort(READY, ['Serving', line, 'goodbye'])).toEqual(
      port === undefined ? undefined : { port, from: 'log' },
    );
  });

  test('the newest line counts', () => {
    const lines = [1, 2].map((n) => `listen tcp :${n}: bind: address already in use`);
    expect(contestedPort(READY, lines)).toEqual({ port: 2, from: 'log' });
    expect(contestedPort(READY)).toBeUndefined();
  });

  test('no text makes it throw, or name a port that is not in it', () => {
    const part = fc.oneof(
      codeUnits(20),
      fc.constantFrom('listen tcp ', ':29653', ': bind: address already in use', ' port 7', '"'),
    );
    const property = fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const found = contestedPort(READY, [parts.join('')]);
      return found === undefined || parts.join('').includes(String(found.port));
    });
    expect(counterexample(property, 500)).toBeUndefined();
  });
});

describe('registration', () => {
  test('needs the entry and the pod, Ready, on that node', () => {
    expect(registration(DRIVER, CSI_NODE, READY)).toEqual({ is: 'registered' });
  });

  test.for([
    ['no CSINode', undefined, READY, 'the node has no CSINode object'],
    [
      'no entry',
      { name: 'k8s-node3', drivers: [] },
      READY,
      'the CSINode of k8s-node3 does not list nfs.csi.k8s.io',
    ],
    [
      'no pod',
      CSI_NODE,
      undefined,
      'the CSINode of k8s-node3 lists nfs.csi.k8s.io, and no pod of it is there',
    ],
    [
      'a pod elsewhere',
      CSI_NODE,
      { ...READY, node: 'k8s-node2' },
      'pod nfs-csi/csi-nfs-node-x7k2p is on k8s-node2, and not on k8s-node3',
    ],
    [
      'an entry that a crashed registrar left behind',
      CSI_NODE,
      CRASHING,
      'pod nfs-csi/csi-nfs-node-x7k2p is not Ready: 1 of 3 containers are',
    ],
    [
      'a pod on its way out',
      CSI_NODE,
      { ...READY, deletionTimestamp: '2026-05-17T09:00:00Z' },
      'pod nfs-csi/csi-nfs-node-x7k2p is being deleted',
    ],
  ] as const)('is not there: %s', ([, csiNode, pod, why]) => {
    expect(registration(DRIVER, csiNode, pod)).toEqual({ is: 'not', why });
  });
});

describe('orphans', () => {
  test.for([
    ['a pod that the API knows', JELLYFIN.uid, 'known'],
    ['the same as a control group writes it', JELLYFIN.uid.replaceAll('-', '_'), 'known'],
    ['a static pod by the UID of its mirror', '55555555-5555-5555-5555-555555555555', 'known'],
    ['a static pod by the hash of its file', '7c1c5d0ee7a0c3d5b1c2f1a0b9e8d7c6', 'known'],
    ['a static pod that no mirror pod shows', '0123456789abcdef0123456789abcdef', 'known'],
    ['a pod that is gone', '99999999-9999-9999-9999-999999999999', 'orphan'],
    ['nothing that could be looked for', '', 'known'],
  ] as const)('%s', ([, uid, is]) => {
    expect(orphanOf(uid, PODS)).toBe(is);
  });

  test('any known pod is known, in any way of writing its UID; no other is', () => {
    const property = fc.property(
      fc.array(fc.uuid(), { minLength: 1 }),
      fc.uuid(),
      (uids, other) => {
        fc.pre(!uids.includes(other));
        const known = uids.map((uid) => ({ ...READY, uid }));
        return (
          uids.every(
            (uid) => orphanOf(uid.toUpperCase().replaceAll('-', '_'), known) === 'known',
          ) && orphanOf(other, known) === 'orphan'
        );
      },
    );
    expect(counterexample(property)).toBeUndefined();
  });
});
