import { describe, expect, test } from 'vitest';
import {
  judgeCloser,
  judgeTable,
  probeOrder,
} from '../../../runbooks/kernel-nfs-reset/judge/diagnosis.ts';
import type { CloseLook } from '../../../runbooks/kernel-nfs-reset/judge/diagnosis.ts';
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

describe('before anything is mounted', () => {
  test('a zombie with a thread that cannot end goes before everything else', () => {
    const word = judgeCloser(NODE, 'k8s-node1', look({ scan: scanOf(poisoner(), deadHolder()) }));
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'dead-holder' } });
  });

  test('a mount that waits for EXCHANGE_ID is the poisoner', () => {
    const word = judgeCloser(
      NODE,
      'k8s-node1',
      look({ scan: scanOf(aTask({ pid: 9 }), poisoner()) }),
    );
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'poisoned' } });
  });

  test('stuck mounts of which none sets up the client: the client itself is wedged', () => {
    const word = judgeCloser(NODE, 'k8s-node1', look({ scan: scanOf(aTask()) }));
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'stuck' } });
  });

  test("an application's task alone decides nothing: a test mount may be made", () => {
    const word = judgeCloser(
      NODE,
      'k8s-node1',
      look({ scan: scanOf(aTask({ comm: 'postgres' })) }),
    );
    expect(word).toMatchObject({ is: 'untried' });
  });

  test('a server that answers elsewhere and not here is the path', () => {
    expect(judgeCloser(NODE, 'k8s-node1', look({ here: silent }))).toMatchObject({ is: 'path' });
  });

  test('a server that answers nowhere is the server, even beside a stuck mount', () => {
    const word = judgeCloser(
      NODE,
      'k8s-node1',
      look({ here: silent, there: silent, scan: scanOf(poisoner()) }),
    );
    expect(word).toMatchObject({ is: 'server' });
  });

  test('without an answer from the control nothing is said of the path', () => {
    const word = judgeCloser(NODE, 'k8s-node1', look({ here: silent, there: blind() }));
    expect(word).toMatchObject({ is: 'unclear' });
  });

  test('a node that lets nobody in is dark, and no verdict is guessed', () => {
    const word = judgeCloser(NODE, 'k8s-node1', look({ scan: blind() }));
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
    const word = judgeCloser(NODE, 'k8s-node1', look({ scan: scanOf(aTask()), clients }));
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

describe('the differential table', () => {
  test.for(TABLE)('%s', ([, main, v41, v40, v3, is]) => {
    const word = judgeTable('k8s-node2', 'k8s-node1', {
      tries: { '4.1': v41, '4.0': v40, '3': v3, default: main },
      control: mounted(),
      kubelet: wellKubelet,
    });
    expect(word.is === 'client' ? word.verdict.is : word.is).toBe(is);
  });

  test.for(TABLE)(
    '%s: with a control that cannot mount, no client is at fault',
    ([, main, v41, v40, v3]) => {
      for (const control of [hung, REFUSED, blind<MountTry>()]) {
        const word = judgeTable('k8s-node2', 'k8s-node1', {
          tries: { '4.1': v41, '4.0': v40, '3': v3, default: main },
          control,
          kubelet: wellKubelet,
        });
        expect(['server', 'unclear']).toContain(word.is);
      }
    },
  );

  test('everything mounts, and the kubelet says nothing: it is the kubelet', () => {
    const word = judgeTable('k8s-node2', 'k8s-node1', {
      tries: { default: mounted(), '4.1': mounted() },
      control: mounted(),
      kubelet: kubeletOf({ is: 'silent' }),
    });
    expect(word).toMatchObject({ is: 'client', verdict: { is: 'kubelet' } });
  });
});
