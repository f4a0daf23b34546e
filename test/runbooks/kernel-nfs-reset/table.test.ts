import { describe, expect, test } from 'vitest';
import {
  heardLately,
  judgeCloser,
  judgeTable,
  probeOrder,
} from '../../../runbooks/kernel-nfs-reset/judge/diagnosis.ts';
import type { CloseLook, Tries } from '../../../runbooks/kernel-nfs-reset/judge/diagnosis.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { MountTry } from '../../../src/tools/nfs/probe.ts';
import type { NfsState } from '../../../src/tools/node/nfs-state.ts';
import {
  aTask,
  blind,
  busy,
  deadHolder,
  failed,
  hung,
  kubeletOf,
  mounted,
  OLD_BOOT,
  poisoner,
  saw,
  scanOf,
  wellKubelet,
} from './observed.ts';

const NODE = { name: 'k8s-node2', address: '10.0.20.102' };
const answers: Observation<ServerAnswer> = saw({ tcp: 'open', tcpSeconds: 0.01, rpc: 'answers' });
const silent: Observation<ServerAnswer> = saw({ tcp: 'open', tcpSeconds: 0.01, rpc: 'silent' });
const state = (...versions: readonly string[]): Observation<NfsState> =>
  saw({
    bootId: OLD_BOOT,
    root: true,
    ghosts: [],
    mounts: versions.map((version, i) => ({
      path: `/var/lib/kubelet/pods/${i}`,
      source: '192.168.1.127:/srv/nfs/a',
      server: '192.168.1.127',
      version,
      device: `0:${61 + i}`,
    })),
  });

const look = (over: Partial<CloseLook> = {}): CloseLook => ({
  scan: scanOf(),
  state: state('4.2'),
  kubelet: wellKubelet,
  here: answers,
  there: answers,
  clients: undefined,
  ...over,
});

/** What two looks that show the same decide. */
const closer = (seen: CloseLook) => judgeCloser(NODE, 'k8s-node1', [seen, seen]);

describe('before anything is mounted', () => {
  test('a zombie with a thread that cannot end goes before everything else', () => {
    const word = closer(look({ scan: scanOf(poisoner(), ...deadHolder()) }));
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'dead-holder' } });
  });

  test('a mount that waits for EXCHANGE_ID is the poisoner', () => {
    const word = closer(look({ scan: scanOf(aTask({ pid: 9 }), poisoner()) }));
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'poisoned' } });
  });

  test('stuck mounts of which none sets up the client: the client itself is wedged', () => {
    const word = closer(look({ scan: scanOf(aTask()) }));
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'stuck' } });
  });

  test("an application's task alone decides nothing: a test mount may be made", () => {
    const word = closer(look({ scan: scanOf(aTask({ comm: 'postgres' })) }));
    expect(word).toMatchObject({ is: 'untried' });
  });

  test('a server that answers elsewhere and not here is the path', () => {
    expect(closer(look({ here: silent }))).toMatchObject({ is: 'path' });
  });

  test('a server that answers nowhere is the server, even beside a stuck mount', () => {
    const word = closer(look({ here: silent, there: silent, scan: scanOf(poisoner()) }));
    expect(word).toMatchObject({ is: 'server' });
  });

  test('without an answer from the control nothing is said of the path', () => {
    const word = closer(look({ here: silent, there: blind() }));
    expect(word).toMatchObject({ is: 'unclear' });
  });

  test('a node that lets nobody in is dark, and no verdict is guessed', () => {
    const word = closer(look({ scan: blind() }));
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'dark' } });
  });

  test("the server's own client list is quoted", () => {
    const clients = saw({
      leaseSeconds: 90,
      clients: [
        {
          id: '3',
          address: NODE.address,
          hostname: NODE.name,
          minor: 2,
          status: 'courtesy',
          secondsSinceRenew: 410,
          locks: [],
          opens: [],
        },
      ],
    });
    const word = closer(look({ scan: scanOf(aTask()), clients }));
    expect(JSON.stringify(word)).toContain('4.2 client of it is courtesy, last heard 410 s ago');
  });
});

describe('the order of the tries', () => {
  test('versions without a mount first, the one in use last (COMMANDS B.5)', () => {
    expect(probeOrder(state('4.2'), '192.168.1.127')).toEqual(['4.1', '4.0', '3', 'default']);
    expect(probeOrder(state('4.2', '4.1'), '192.168.1.127')).toEqual([
      '4.0',
      '3',
      '4.1',
      'default',
    ]);
    expect(probeOrder(blind(), '192.168.1.127')).toEqual(['4.1', '4.0', '3', 'default']);
  });

  test('mounts of another server do not count', () => {
    expect(probeOrder(state('4.1'), '10.0.0.9')).toEqual(['4.1', '4.0', '3', 'default']);
  });
});

type Row = readonly [
  what: string,
  main: Observation<MountTry>,
  v41: Observation<MountTry>,
  v40: Observation<MountTry>,
  v3: Observation<MountTry>,
  is: string,
];

const PROTOCOL = failed('protocol', 'mount.nfs: Protocol not supported');
const REFUSED = failed('refused', 'mount.nfs: Connection refused');
const TIMED_OUT = failed('timed-out', 'mount.nfs: Connection timed out');
const OFF = failed('other', 'requested NFS version or transport protocol is not supported');

/** COMMANDS B.7, row by row, with a control that mounts. */
const TABLE: readonly Row[] = [
  ['healthy', mounted(), mounted(), mounted(), mounted(), 'fine'],
  ['healthy, v3 off on the server', mounted(), mounted(), mounted(), OFF, 'fine'],
  ["W: the node's 4.2 client is wedged", hung, mounted(), mounted(), mounted(), 'wedged'],
  ['W, v3 off on the server', hung, mounted(), mounted(), OFF, 'wedged'],
  ['P: the first try hangs and the others find it stuck', hung, hung, busy, busy, 'again'],
  ['nfsd refuses this node', REFUSED, REFUSED, REFUSED, OFF, 'path'],
  ['dropped on the way', TIMED_OUT, TIMED_OUT, TIMED_OUT, OFF, 'path'],
  ['4.2 off on the server, and the default with it', PROTOCOL, mounted(), mounted(), OFF, 'server'],
  ['not tried: another mount is stuck', busy, busy, busy, busy, 'again'],
  ['withheld by a plan', blind(), blind(), blind(), blind(), 'unclear'],
];

const NOW = Date.parse('2026-04-22T10:00:00Z');
const lease = (secondsOld: number): Tries['lease'] =>
  saw({ renewTime: new Date(NOW - secondsOld * 1000).toISOString() });

/** Test mounts in the order of B.5, with a control that mounts and a node that is well but for what is said. */
const tried = (
  [main, v41, v40, v3]: readonly Observation<MountTry>[],
  over: Partial<Tries> = {},
): Tries => ({
  tries: (
    [
      ['4.1', v41],
      ['4.0', v40],
      ['3', v3],
      ['default', main],
    ] as const
  ).flatMap(([version, it]) => (it === undefined ? [] : [[version, it] as const])),
  control: mounted(),
  kubelet: wellKubelet,
  lease: lease(5),
  clients: undefined,
  ...over,
});

describe('the differential table', () => {
  test.for(TABLE)('%s', ([, main, v41, v40, v3, is]) => {
    const word = judgeTable(NODE, 'k8s-node1', tried([main, v41, v40, v3]), NOW);
    expect(word.is === 'client' ? word.verdict.is : word.is).toBe(is);
  });

  test.for(TABLE)(
    '%s: with a control that cannot mount, no client is at fault',
    ([, main, v41, v40, v3]) => {
      for (const control of [hung, REFUSED, blind<MountTry>()]) {
        const word = judgeTable(NODE, 'k8s-node1', tried([main, v41, v40, v3], { control }), NOW);
        expect(['server', 'unclear']).toContain(word.is);
      }
    },
  );

  const all = [mounted(), mounted(), mounted(), mounted()];
  const mute = kubeletOf({ is: 'silent' });

  test('everything mounts, the kubelet says nothing and renews no lease: it is the kubelet', () => {
    const seen = tried(all, { kubelet: mute, lease: lease(75) });
    expect(judgeTable(NODE, 'k8s-node1', seen, NOW)).toMatchObject({
      is: 'client',
      verdict: { is: 'kubelet' },
    });
  });

  test.for([
    ['was slow once, and renews its lease', { kubelet: mute }, 'fine'],
    ['could not be asked, and renews its lease', { kubelet: blind<never>() }, 'fine'],
    [
      'could not be asked, with an old lease',
      { kubelet: blind<never>(), lease: lease(75) },
      'unclear',
    ],
    [
      'is silent, with a lease that cannot be read',
      { kubelet: mute, lease: blind<never>() },
      'unclear',
    ],
  ] as const)('everything mounts, and the kubelet %s', ([, over, is]) => {
    expect(judgeTable(NODE, 'k8s-node1', tried(all, over), NOW).is).toBe(is);
  });

  test('a version in use that hangs is what is measured from then on', () => {
    const seen = tried([mounted(), hung, mounted(), mounted()]);
    expect(judgeTable(NODE, 'k8s-node1', seen, NOW)).toMatchObject({
      is: 'client',
      version: '4.1',
      verdict: { is: 'wedged' },
    });
  });

  test('no route from here, while the control mounts, is the path', () => {
    const says = 'mount.nfs: No route to host';
    const seen = tried([failed('other', says), failed('other', says), OFF, OFF]);
    expect(judgeTable(NODE, 'k8s-node1', seen, NOW).is).toBe('path');
  });
});

const heard = (secondsSinceRenew: number) =>
  saw({
    leaseSeconds: 90,
    clients: [
      {
        id: '3',
        address: NODE.address,
        hostname: NODE.name,
        minor: 2,
        status: 'confirmed',
        secondsSinceRenew,
        locks: [],
        opens: [],
      },
    ],
  });

describe('whether the server has heard the client lately', () => {
  test('is told by its last renewal against the lease, and unknown where nobody says', () => {
    expect(heardLately(heard(15), NODE)).toBe(true);
    expect(heardLately(heard(400), NODE)).toBe(false);
    expect(heardLately(undefined, NODE)).toBeUndefined();
    expect(heardLately(blind(), NODE)).toBeUndefined();
  });
});
