import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counterexample } from '../../tools/counterexample.ts';
import { RUNGS } from '../../../runbooks/kernel-nfs-reset/facts.ts';
import type { Climbed, Rung, Verdict } from '../../../runbooks/kernel-nfs-reset/facts.ts';
import { nextRung } from '../../../runbooks/kernel-nfs-reset/judge/rung.ts';
import type { RungLook } from '../../../runbooks/kernel-nfs-reset/judge/rung.ts';
import {
  aPod,
  aTask,
  blind,
  busy,
  deadHolder,
  hung,
  kubeletOf,
  mounted,
  poisoner,
  saw,
  scanOf,
  wellKubelet,
} from './observed.ts';

const DRIVER = 'nfs.csi.k8s.io';
const driverPod = aPod({
  namespace: 'nfs-csi',
  name: 'csi-nfs-node-x',
  owner: { kind: 'DaemonSet', name: 'csi-nfs-node' },
});
const registered = saw({
  name: 'k8s-node2',
  drivers: [{ name: DRIVER, nodeId: 'k8s-node2' }],
});

const look = (over: Partial<RungLook> = {}): RungLook => ({
  scan: scanOf(),
  kubelet: wellKubelet,
  mount: undefined,
  drivers: saw([driverPod]),
  csiNode: registered,
  ...over,
});

const at = (
  verdict: Verdict['is'],
  tried: Rung | undefined,
  climbed: readonly Climbed[],
  seen: RungLook,
) =>
  nextRung(
    {
      node: 'k8s-node2',
      driver: DRIVER,
      verdict: { is: verdict, because: 'said before' },
      climbed,
      tried,
      patience: 120,
    },
    seen,
  );

const behind = (...rungs: readonly Rung[]): readonly Climbed[] =>
  rungs.map((rung) => ({ rung, is: 'ruled-out', because: 'before' }));

describe('the ladder', () => {
  test('P: the one poisoner is killed first, whatever else is stuck', () => {
    const { next } = at(
      'poisoned',
      undefined,
      [],
      look({ scan: scanOf(aTask({ pid: 9, ageSeconds: 900 }), poisoner()) }),
    );
    expect(next).toMatchObject({ is: 'kill', rung: 'kill-poisoner', task: { pid: 343 } });
  });

  test('P: a young one is given its time', () => {
    const { next } = at(
      'poisoned',
      undefined,
      [],
      look({ scan: scanOf(poisoner({ ageSeconds: 20 })) }),
    );
    expect(next).toMatchObject({ is: 'wait-young' });
  });

  test('W: a lease is waited for before anything is killed', () => {
    const { next, climbed } = at('stuck', undefined, [], look({ scan: scanOf(aTask()) }));
    expect(next).toMatchObject({ is: 'lease' });
    expect(climbed).toMatchObject([{ rung: 'kill-poisoner', is: 'ruled-out' }]);
  });

  test('W: then stuck mounts alone are killed, never the task of an application', () => {
    const tasks = [
      aTask({ pid: 1, comm: 'postgres' }),
      aTask({ pid: 2, wchan: 'nfs4_discover_server_trunking', killable: 'no' }),
      aTask({ pid: 3 }),
    ];
    const { next } = at(
      'stuck',
      'wait-lease',
      behind('kill-poisoner'),
      look({ scan: scanOf(...tasks), mount: busy }),
    );
    expect(next).toMatchObject({ is: 'kill', rung: 'kill-mounts', task: { pid: 3 } });
  });

  test('killing goes on while there is another one to kill, and is refuted when there is none', () => {
    const more = at(
      'stuck',
      'kill-mounts',
      behind('kill-poisoner', 'wait-lease'),
      look({ scan: scanOf(aTask()), mount: busy }),
    );
    expect(more.next).toMatchObject({ is: 'kill' });
    const none = at(
      'stuck',
      'kill-mounts',
      behind('kill-poisoner', 'wait-lease'),
      look({ mount: hung }),
    );
    expect(none.next).toMatchObject({ is: 'csi' });
    expect(none.climbed.at(-1)).toMatchObject({ rung: 'kill-mounts', is: 'refuted' });
  });

  test('a mount that works, a driver and a kubelet that are well: healed', () => {
    const { next } = at(
      'stuck',
      'kill-mounts',
      behind('kill-poisoner', 'wait-lease'),
      look({ mount: mounted() }),
    );
    expect(next).toMatchObject({ is: 'healed' });
  });

  test.for([
    ['no test mount can be made', undefined],
    ['the test mount could not be run', blind<never>()],
  ] as const)('is unclear where %s: a rung that was not measured is not refuted', ([, mount]) => {
    const { next } = at(
      'stuck',
      'kill-mounts',
      behind('kill-poisoner', 'wait-lease'),
      look({ mount }),
    );
    expect(next).toMatchObject({ is: 'unclear' });
  });

  test('a zombie with a thread that cannot end goes straight to the machine, and every rung says why not', () => {
    const { next, climbed } = at(
      'dead-holder',
      undefined,
      [],
      look({ scan: scanOf(deadHolder()) }),
    );
    expect(next).toMatchObject({ is: 'machine' });
    expect(climbed.map((it) => it.rung)).toEqual(RUNGS);
    expect(climbed.every((it) => it.is === 'ruled-out' && it.because.includes('zombie'))).toBe(
      true,
    );
  });

  test('the kubelet is restarted where the kernel mounts and nothing is stuck', () => {
    const { next } = at('kubelet', undefined, [], look({ kubelet: kubeletOf({ is: 'silent' }) }));
    expect(next).toMatchObject({ is: 'kubelet', mainPid: 1842 });
  });

  test.for([
    ['a task is in D state', scanOf(aTask({ comm: 'postgres' })), mounted()],
    ['a zombie is there', scanOf(aTask({ comm: 'sh', state: 'Z', threads: 1 })), mounted()],
    ['a default mount hangs', scanOf(), hung],
  ] as const)('the kubelet is never restarted where %s', ([, scan, mount]) => {
    const { next, climbed } = at(
      'wedged',
      'csi-pod',
      behind('kill-poisoner', 'wait-lease', 'kill-mounts'),
      look({ scan, mount, kubelet: kubeletOf({ is: 'silent' }) }),
    );
    expect(next.is).not.toBe('kubelet');
    expect(climbed.find((it) => it.rung === 'kubelet')).toMatchObject({ is: 'ruled-out' });
  });
});

/** The rung that a word takes, if it takes one. */
const rungOf = (next: ReturnType<typeof nextRung>['next']): Rung | 'machine' | undefined => {
  switch (next.is) {
    case 'kill':
      return next.rung;
    case 'lease':
      return 'wait-lease';
    case 'csi':
      return 'csi-pod';
    case 'kubelet':
      return 'kubelet';
    case 'machine':
      return 'machine';
    case 'healed':
    case 'unclear':
    case 'wait-young':
      return undefined;
  }
};

test('no rung is taken before every milder one is refuted or ruled out', () => {
  const task = fc.record({
    pid: fc.integer({ min: 2, max: 99 }),
    comm: fc.constantFrom('mount.nfs', 'postgres', 'vault'),
    state: fc.constantFrom('D' as const, 'Z' as const),
    threads: fc.integer({ min: 1, max: 2 }),
    killable: fc.constantFrom('yes' as const, 'no' as const, 'unknown' as const),
    wchan: fc.constantFrom('rpc_wait_bit_killable', 'nfs4_discover_server_trunking'),
    ageSeconds: fc.integer({ min: 0, max: 300 }),
    stack: fc.constantFrom<readonly string[]>([], ['nfs4_run_exchange_id']),
  });
  const scan = fc.oneof(
    fc.array(task, { maxLength: 4 }).map((tasks) => scanOf(...tasks.map((it) => aTask(it)))),
    fc.constant(blind<never>()),
  );
  const seen = fc.record({
    scan,
    kubelet: fc.constantFrom(wellKubelet, kubeletOf({ is: 'refused' }), blind<never>()),
    mount: fc.constantFrom(undefined, mounted(), hung, busy, blind<never>()),
    drivers: fc.constantFrom(saw([driverPod]), saw([]), blind<never>()),
    csiNode: fc.constantFrom(registered, saw(undefined), blind<never>()),
  });
  const verdict = fc.constantFrom<Verdict['is']>(
    'dead-holder',
    'poisoned',
    'stuck',
    'wedged',
    'kubelet',
    'dark',
  );
  const property = fc.property(
    verdict,
    fc.array(seen, { minLength: 1, maxLength: 12 }),
    (is, looks) => {
      let climbed: readonly Climbed[] = [];
      let tried: Rung | undefined;
      for (const one of looks) {
        const ladder = at(is, tried, climbed, one);
        const taken = rungOf(ladder.next);
        const below =
          taken === 'machine' ? RUNGS : RUNGS.slice(0, RUNGS.indexOf(taken ?? RUNGS[0]));
        const accounted = below.every((rung) => ladder.climbed.some((it) => it.rung === rung));
        const once = new Set(ladder.climbed.map((it) => it.rung)).size === ladder.climbed.length;
        if (!accounted || !once) return false;
        if (taken === undefined || taken === 'machine') return true;
        climbed = ladder.climbed;
        tried = taken;
      }
      return true;
    },
  );
  expect(counterexample(property, 300)).toBeUndefined();
});
