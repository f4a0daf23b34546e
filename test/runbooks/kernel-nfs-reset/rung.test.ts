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
  OLD_BOOT,
  poisoner,
  saw,
  scanOf,
  wellKubelet,
} from './observed.ts';

const driverPod = aPod({
  namespace: 'nfs-csi',
  name: 'csi-nfs-node-x',
  owner: { kind: 'DaemonSet', name: 'csi-nfs-node' },
});

const look = (over: Partial<RungLook> = {}): RungLook => ({
  scan: scanOf(),
  state: saw({ bootId: OLD_BOOT, root: true, mounts: [], ghosts: [] }),
  kubelet: wellKubelet,
  mount: undefined,
  drivers: saw([driverPod]),
  pods: saw([driverPod]),
  ...over,
});

const at = (
  verdict: Verdict['is'],
  tried: Rung | undefined,
  climbed: readonly Climbed[],
  ...seen: readonly RungLook[]
) =>
  nextRung(
    {
      node: 'k8s-node2',
      verdict: { is: verdict, because: 'said before' },
      version: 'default',
      climbed,
      tried,
      killed: [],
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
    expect(next).toMatchObject({ is: 'look-again' });
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
    const gone = look({ mount: hung });
    const rungs = behind('kill-poisoner', 'wait-lease');
    // The client comes back a moment after the kill: one test mount that was too early refutes nothing.
    expect(at('stuck', 'kill-mounts', rungs, gone).next).toMatchObject({ is: 'look-again' });
    const none = at('stuck', 'kill-mounts', rungs, gone, gone);
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
      look({ scan: scanOf(...deadHolder()) }),
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

  const silent = kubeletOf({ is: 'silent' });
  const dSleep = scanOf(aTask({ comm: 'postgres' }));
  const zombie = scanOf(aTask({ comm: 'sh', state: 'Z', threads: 1 }));

  test.for([
    ['a task is in D state', dSleep],
    ['a zombie is there', zombie],
  ] as const)(
    'the kubelet is not restarted where %s in two looks: a person decides',
    ([, scan]) => {
      const seen = look({ scan, kubelet: silent });
      expect(at('kubelet', undefined, [], seen).next).toMatchObject({ is: 'look-again' });
      const twice = at('kubelet', undefined, [], seen, seen);
      expect(twice.next).toMatchObject({ is: 'by-hand' });
      expect(twice.climbed.find((it) => it.rung === 'kubelet')).toMatchObject({ is: 'ruled-out' });
    },
  );

  test('a wait of a moment does not forbid it', () => {
    const [first, second] = [look({ scan: dSleep, kubelet: silent }), look({ kubelet: silent })];
    expect(at('kubelet', undefined, [], first, second).next).toMatchObject({ is: 'kubelet' });
  });

  test('where a default mount hangs the fault is below the kubelet', () => {
    const { next, climbed } = at(
      'wedged',
      'csi-pod',
      behind('kill-poisoner', 'wait-lease', 'kill-mounts'),
      look({ mount: hung, kubelet: silent }),
    );
    expect(next).toMatchObject({ is: 'machine' });
    expect(climbed.at(-1)).toMatchObject({ rung: 'kubelet', is: 'ruled-out' });
  });

  test('a kubelet that answers nothing after its restart is a case for a person, not for a reset', () => {
    const seen = look({ mount: mounted(), kubelet: silent });
    const all = behind('kill-poisoner', 'wait-lease', 'kill-mounts', 'csi-pod');
    expect(at('kubelet', 'kubelet', all, seen).next).toMatchObject({ is: 'by-hand' });
  });

  test('a zombie leader whose other threads run holds nothing', () => {
    const [leader] = deadHolder();
    const seen = look({ scan: scanOf(leader), mount: mounted() });
    const { next } = at('stuck', 'kill-mounts', behind('kill-poisoner', 'wait-lease'), seen);
    expect(next).toMatchObject({ is: 'healed' });
  });

  test('a dead program in the writeback of a local disk holds no NFS; one of a pod with an NFS mount does', () => {
    const [leader, thread] = deadHolder();
    const disk = [
      { ...leader, podUid: 'uid-a' },
      { ...thread, podUid: 'uid-a', wchan: 'folio_wait_bit_common' },
    ];
    const mount = { path: '/x', source: 's:/a', server: 's', version: '4.2', device: '0:61' };
    const on = (podUid: string) =>
      saw({ bootId: OLD_BOOT, root: true, ghosts: [], mounts: [{ ...mount, podUid }] });
    const local = look({ scan: scanOf(...disk), state: on('uid-b'), mount: mounted() });
    const nfs = look({ scan: scanOf(...disk), state: on('uid-a'), mount: mounted() });
    const all = behind('kill-poisoner', 'wait-lease');
    expect(at('stuck', 'kill-mounts', all, local).next).toMatchObject({ is: 'healed' });
    expect(at('stuck', 'kill-mounts', all, nfs).next).toMatchObject({ is: 'machine' });
  });

  test.for(['drivers', 'pods'] as const)(
    'a list of %s that cannot be read is looked at again',
    (what) => {
      const seen = look({ mount: hung, [what]: blind<never>() });
      const all = behind('kill-poisoner', 'wait-lease', 'kill-mounts');
      expect(at('stuck', 'csi-pod', all, seen).next).toMatchObject({ is: 'look-again' });
    },
  );
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
    case 'by-hand':
    case 'look-again':
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
    state: fc.constantFrom(look().state, blind<never>()),
    drivers: fc.constantFrom(saw([driverPod]), saw([]), blind<never>()),
    pods: fc.constantFrom(saw([driverPod]), saw([]), blind<never>()),
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
