import { describe, expect, test } from 'vitest';
import type { LockReport } from '../../src/engine/ports.ts';
import { CLOCK_SLACK_SECONDS, EXPIRY_SECONDS } from '../../src/locks/terms.ts';
import type { Command } from '../../src/runbook/command.ts';
import type { Site } from '../../src/runbook/site.ts';
import { isLease, never, shared } from './shared.ts';
import type { Fate } from './shared.ts';

const apiDown = (command: Command<unknown>): Fate =>
  isLease(command) ? 'lost-before' : 'answered';
const hostAway = (command: Command<unknown>): Fate =>
  isLease(command) ? 'answered' : 'never-begun';

const answered = (): Fate => 'answered';
const writesLost = ({ does }: Command<unknown>): Fate =>
  does === 'reads' ? 'answered' : 'lost-after';

function withoutPve(site: Site): Site {
  const { pve: _, ...rest } = site;
  return rest;
}

const inNamespace = (namespace: string) => ({
  site: (site: Site): Site => ({ ...site, locks: { namespace } }),
});

const verdicts = ({ words }: LockReport) => words.map((it) => `${it.lock} ${it.verdict}`);
const said = ({ words }: LockReport, lock: 'lease' | 'host') => {
  const word = words.find((it) => it.lock === lock);
  if (word === undefined) throw new Error(`no word on the ${lock}`);
  return word;
};

describe('take', () => {
  test('both are held, and each says where, which number, and until when', async () => {
    const on = shared();
    const report = await on.keeper('A').take('delete the pod', never);
    expect(report.refusal).toBeUndefined();
    const expiresAt = new Date(on.world.at + EXPIRY_SECONDS * 1000).toISOString();
    expect(report.words).toMatchObject([
      { lock: 'lease', where: 'Lease kube-system/sre-run', verdict: 'held', number: 1, expiresAt },
      { lock: 'host', where: 'pve: /run/sre/run.lock', verdict: 'held' },
    ]);
    expect(on.world.runLease).toMatchObject({
      annotations: {
        'sre/owner': 'ops@a',
        'sre/purpose': 'vault-raft-deadlock: delete the pod',
      },
      spec: { holderIdentity: 'A', leaseDurationSeconds: EXPIRY_SECONDS, leaseTransitions: 1 },
    });
    expect(on.world.runLock?.holder).toMatchObject({ run: 'A', owner: 'ops@a' });
    expect(on.world.mutations).toEqual([]);
  });

  test('another run has the lease: nothing else is asked, and the sentence says who, for what and what to do', async () => {
    const on = shared();
    await on.keeper('A').take('delete the pod', never);
    on.after(70);
    on.asked.length = 0;
    const report = await on.keeper('B').take('reset the VM', never);
    expect(verdicts(report)).toEqual(['lease refused']);
    expect(on.asked).toEqual(['kubectl.run-lease']);
    expect(report.refusal).toBe(
      'nothing is changed, another run has the lock: Lease kube-system/sre-run: run A of ops@a has it (vault-raft-deadlock: delete the pod), for 70 s, last heard of 70 s ago: let it end, or stop it there; it can be taken over only after it is expired',
    );
    expect(said(report, 'lease').holder).toMatchObject({ run: 'A', expired: false, number: 1 });
  });

  test('a run that began with the API down and one that begins with it up exclude each other', async () => {
    const on = shared();
    const down = await on.keeper('A', { fate: apiDown }).take('x', never);
    expect(verdicts(down)).toEqual(['lease unknown', 'host held']);
    expect(down.refusal).toBeUndefined();
    const up = await on.keeper('B').take('y', never);
    expect(up.refusal).toContain('run A of ops@a has it');
    // The lease that was just taken is given back.
    expect(verdicts(up)).toEqual(['lease released', 'host refused']);
    expect(on.world.runLease?.spec).toEqual({ leaseTransitions: 1 });
  });

  test('and the other way round: with the hypervisor away the lease alone will do', async () => {
    const on = shared();
    const report = await on.keeper('A', { fate: hostAway }).take('x', never);
    expect(verdicts(report)).toEqual(['lease held', 'host unknown']);
    expect(report.refusal).toBeUndefined();
    expect((await on.keeper('B').take('y', never)).refusal).toContain('run A');
  });

  test('neither to be had: nothing is changed, and what was answered is said', async () => {
    const report = await shared()
      .keeper('A', { fate: () => 'never-begun' })
      .take('x', never);
    expect(verdicts(report)).toEqual(['lease unknown', 'host unknown']);
    expect(report.refusal).toBe(
      'nothing is changed without a lock, and none could be had: Lease kube-system/sre-run: not known who has it, it could not be read: connect to 192.168.1.127 port 22: No route to host; pve: /run/sre/run.lock: not known who has it, it could not be reached: connect to 192.168.1.127 port 22: No route to host; bring back the API server, or the way to a hypervisor, then try again',
    );
  });

  test('without hypervisors in the inventory, the API server is needed', async () => {
    const on = shared();
    const up = await on.keeper('A', { site: withoutPve }).take('x', never);
    expect(verdicts(up)).toEqual(['lease held']);
    const down = await on.keeper('B', { site: withoutPve, fate: apiDown }).take('x', never);
    expect(down.refusal).toContain('name the hypervisors in the inventory (pve.hosts)');
  });

  test('every hypervisor is locked, in one order', async () => {
    const on = shared();
    const report = await on
      .keeper('A', { site: (it) => ({ ...it, pve: { vms: [], hosts: ['pve', 'a-second'] } }) })
      .take('x', never);
    expect(report.words.map((it) => it.where)).toEqual([
      'Lease kube-system/sre-run',
      'a-second: /run/sre/run.lock',
      'pve: /run/sre/run.lock',
    ]);
  });

  test('the namespace of the inventory; one that is not there is said', async () => {
    const on = shared();
    const gone = await on.keeper('A', inNamespace('gone')).take('x', never);
    expect(said(gone, 'lease').because).toContain('namespace gone does not exist');
    const vault = await on.keeper('A', inNamespace('vault')).take('x', never);
    expect(said(vault, 'lease').where).toBe('Lease vault/sre-run');
  });

  test('a resumed run has its locks again, with new numbers', async () => {
    const on = shared();
    const first = await on.keeper('A').take('x', never);
    const again = await on.keeper('A').take('x', never);
    expect(again.refusal).toBeUndefined();
    for (const lock of ['lease', 'host'] as const) {
      expect(said(again, lock).number).toBeGreaterThan(said(first, lock).number ?? Infinity);
    }
  });

  test('an answer that was lost on its way back is read back', async () => {
    const on = shared();
    const report = await on.keeper('A', { fate: writesLost }).take('x', never);
    expect(verdicts(report)).toEqual(['lease held', 'host held']);
    expect(said(report, 'lease').because).toContain('read back');
  });

  test('an answer was lost, and another run was faster: that is no unknown, it is refused', async () => {
    const on = shared();
    let raced = false;
    const fate = ({ id }: Command<unknown>): Fate => {
      if (id !== 'kubectl.create-run-lease') return 'answered';
      if (!raced) {
        raced = true;
        on.world = {
          ...on.world,
          runLease: {
            namespace: 'kube-system',
            createdAt: on.world.at,
            version: 1,
            spec: {
              holderIdentity: 'B',
              leaseDurationSeconds: EXPIRY_SECONDS,
              renewTime: new Date(on.world.at).toISOString().replace('Z', '000Z'),
              leaseTransitions: 1,
            },
          },
        };
      }
      return 'lost-after';
    };
    const report = await on.keeper('A', { fate }).take('x', never);
    expect(verdicts(report)).toEqual(['lease refused']);
    expect(report.refusal).toContain('run B has it');
  });

  test('what may have been written and cannot be read back is not held, and is given back later', async () => {
    const on = shared();
    let quiet = false;
    const fate = ({ does, id }: Command<unknown>): Fate => {
      if (does !== 'reads' && id.includes('take')) quiet = true;
      if (id === 'kubectl.create-run-lease') quiet = true;
      return quiet ? 'lost-after' : 'answered';
    };
    const keeper = on.keeper('A', { fate });
    const report = await keeper.take('x', never);
    expect(verdicts(report)).toEqual(['lease unknown', 'host unknown']);
    expect(report.refusal).toContain('none could be had');
    expect(on.world.runLock?.holder?.run).toBe('A');
    quiet = false;
    expect(verdicts(await keeper.release(never))).toEqual(['lease released', 'host released']);
    expect(on.world.runLease?.spec.holderIdentity).toBeUndefined();
    expect(on.world.runLock?.holder).toBeUndefined();
  });
});

describe('expiry and take-over', () => {
  const OVER = EXPIRY_SECONDS + CLOCK_SLACK_SECONDS + 1;

  test('an expired lock is refused too, and the sentence says how it is taken over', async () => {
    const on = shared();
    await on.keeper('A').take('x', never);
    on.after(OVER);
    const report = await on.keeper('B').take('y', never);
    expect(said(report, 'lease')).toMatchObject({ verdict: 'refused', holder: { expired: true } });
    expect(report.refusal).toContain("take it over with --take-over '<reason>'");
  });

  test('with a reason it is taken over, and the reason stands in the words and in the locks', async () => {
    const on = shared();
    const first = await on.keeper('A').take('x', never);
    on.after(OVER);
    const keeper = on.keeper('B', { takeOver: ' the laptop of A died ' });
    const report = await keeper.take('y', never);
    expect(report.refusal).toBeUndefined();
    for (const lock of ['lease', 'host'] as const) {
      const word = said(report, lock);
      expect(word.tookOver).toMatchObject({ from: { run: 'A' }, reason: 'the laptop of A died' });
      expect(word.because).toContain('the laptop of A died');
      expect(word.number).toBeGreaterThan(said(first, lock).number ?? Infinity);
    }
    await keeper.renew('z', never);
    expect(on.world.runLease?.annotations).toMatchObject({
      'sre/take-over': 'the laptop of A died',
    });
    expect(on.world.runLock?.holder?.purpose).toBe(
      'vault-raft-deadlock: z (took over from A: the laptop of A died)',
    );
  });

  test('a live lock is not taken over, whatever the reason; an empty reason is none', async () => {
    const on = shared();
    await on.keeper('A').take('x', never);
    on.after(EXPIRY_SECONDS);
    expect((await on.keeper('B', { takeOver: 'now' }).take('y', never)).refusal).toContain('run A');
    on.after(OVER);
    expect((await on.keeper('B', { takeOver: ' ' }).take('y', never)).refusal).toContain('run A');
  });

  test('a run that is silent on the lease and heard on the hypervisor is alive: nothing of it is touched', async () => {
    const on = shared();
    let fate: Fate = 'answered';
    const a = on.keeper('A', { fate: (it) => (isLease(it) ? fate : 'answered') });
    await a.take('x', never);
    fate = 'lost-before';
    on.after(OVER);
    await a.renew('x', never);
    const report = await on.keeper('B', { takeOver: 'dead, I think' }).take('y', never);
    expect(verdicts(report)).toEqual(['host refused']);
    fate = 'answered';
    expect((await a.renew('x', never)).refusal).toBeUndefined();
  });

  test('a clock that is ahead by less than the slack makes no lease expire early', async () => {
    const on = shared();
    await on.keeper('A', { fate: hostAway }).take('x', never);
    on.after(EXPIRY_SECONDS);
    const ahead = on.keeper('B', { ahead: CLOCK_SLACK_SECONDS, takeOver: 'r', fate: hostAway });
    expect((await ahead.take('y', never)).refusal).toContain('only after it is expired');
  });

  test('an expired lock that nobody took is simply renewed', async () => {
    const on = shared();
    const keeper = on.keeper('A');
    await keeper.take('x', never);
    on.after(20 * 60);
    const report = await keeper.renew('y', never);
    expect(report.refusal).toBeUndefined();
    expect(verdicts(report)).toEqual(['lease held', 'host held']);
    on.after(EXPIRY_SECONDS);
    expect(said(await on.keeper('B').take('z', never), 'lease').holder?.expired).toBe(false);
  });

  test('what was out of reach at the start may be taken over later from the same dead run, and from no other', async () => {
    const on = shared();
    await on.keeper('A').take('x', never);
    on.after(OVER);
    let fate: Fate = 'lost-before';
    const how = {
      takeOver: 'A is dead',
      fate: (it: Command<unknown>) => (isLease(it) ? fate : 'answered'),
    } as const;
    const b = on.keeper('B', how);
    expect(verdicts(await b.take('y', never))).toEqual(['lease unknown', 'host held']);
    fate = 'answered';
    expect(verdicts(await b.renew('y', never))).toEqual(['lease held', 'host held']);

    const other = shared();
    await other.keeper('A', { fate: apiDown }).take('x', never);
    await other.keeper('C', { fate: hostAway }).take('x', never);
    other.after(OVER);
    fate = 'lost-before';
    const d = other.keeper('D', how);
    await d.take('y', never);
    fate = 'answered';
    expect((await d.renew('y', never)).refusal).toContain('run C');
  });
});

describe('renew', () => {
  test('taken over in the middle: lost, and lost for good', async () => {
    const on = shared();
    const a = on.keeper('A');
    await a.take('x', never);
    on.after(1000);
    const b = on.keeper('B', { takeOver: 'A is dead' });
    await b.take('y', never);
    const report = await a.renew('x', never);
    expect(said(report, 'lease')).toMatchObject({ verdict: 'lost', holder: { run: 'B' } });
    expect(report.refusal).toMatch(
      /^nothing more is changed, a lock was lost: .*now run B of ops@b/,
    );
    await b.release(never);
    expect((await a.renew('x', never)).refusal).toContain('a lock was lost');
    expect((await a.take('x', never)).refusal).toContain('a lock was lost');
    expect((await on.keeper('C').take('z', never)).refusal).toBeUndefined();
  });

  test('removed by hand, or by a restart of its machine: lost', async () => {
    const on = shared();
    const a = on.keeper('A');
    await a.take('x', never);
    const { runLock: _, ...without } = on.world;
    on.world = without;
    const report = await a.renew('x', never);
    expect(verdicts(report)).toEqual(['lease held', 'host lost']);
    expect(report.refusal).toContain('now nobody has it');
  });

  test('another process that goes on with the same run: lost', async () => {
    const on = shared();
    const a = on.keeper('A');
    await a.take('x', never);
    await on.keeper('A').take('x', never);
    expect((await a.renew('x', never)).refusal).toContain('another process goes on with this run');
  });

  test('taken over while the answer to a renewal was lost: lost, not unknown', async () => {
    const on = shared();
    let fate: Fate = 'answered';
    const a = on.keeper('A', {
      fate: ({ does }) => (does === 'reads' ? 'answered' : fate),
    });
    await a.take('x', never);
    on.after(1000);
    const b = on.keeper('B', {
      takeOver: 'A is dead',
      fate: (it) => (isLease(it) ? 'lost-before' : 'answered'),
    });
    await b.take('y', never);
    fate = 'lost-after';
    const report = await a.renew('x', never);
    expect(verdicts(report)).toEqual(['lease held', 'host lost']);
    expect(report.refusal).toContain('a lock was lost');
  });

  test('one that cannot be read is unknown, and the other one verified will do; none will not', async () => {
    const on = shared();
    let fate: (command: Command<unknown>) => Fate = answered;
    const a = on.keeper('A', { fate: (it) => fate(it) });
    await a.take('x', never);
    fate = apiDown;
    const half = await a.renew('y', never);
    expect(verdicts(half)).toEqual(['lease unknown', 'host held']);
    expect(half.refusal).toBeUndefined();
    fate = () => 'never-begun';
    expect((await a.renew('y', never)).refusal).toContain('none could be had');
    fate = answered;
    expect(verdicts(await a.renew('y', never))).toEqual(['lease held', 'host held']);
  });

  test('what was not to be had is tried again: gained where it is free, a refusal where another run has it', async () => {
    const on = shared();
    let fate: (command: Command<unknown>) => Fate = apiDown;
    const a = on.keeper('A', { fate: (it) => fate(it) });
    await a.take('x', never);
    fate = answered;
    expect(verdicts(await a.renew('y', never))).toEqual(['lease held', 'host held']);

    const other = shared();
    fate = apiDown;
    const b = other.keeper('B', { fate: (it) => fate(it) });
    await b.take('x', never);
    await other.keeper('C', { fate: hostAway }).take('x', never);
    fate = answered;
    expect((await b.renew('y', never)).refusal).toContain('run C');
    expect(verdicts(await b.release(never))).toEqual(['host released']);
  });

  test('the lease changed between the look and the write by somebody who leaves its holder: tried again', async () => {
    const on = shared();
    let touches = 1;
    const fate = ({ id }: Command<unknown>): Fate => {
      const { runLease } = on.world;
      if (id === 'kubectl.replace-run-lease' && touches > 0 && runLease !== undefined) {
        touches -= 1;
        on.world = { ...on.world, runLease: { ...runLease, version: runLease.version + 1 } };
      }
      return 'answered';
    };
    const a = on.keeper('A', { fate });
    await a.take('x', never);
    expect(said(await a.renew('y', never), 'lease').verdict).toBe('held');
    touches = 99;
    const restless = await a.renew('y', never);
    expect(said(restless, 'lease')).toMatchObject({ verdict: 'unknown' });
    expect(restless.refusal).toBeUndefined();
  });

  test('a heartbeat and a gate at the same moment go one after the other', async () => {
    const on = shared();
    const a = on.keeper('A');
    await a.take('x', never);
    const reports = await Promise.all([a.renew('x', never), a.renew('y', never), a.release(never)]);
    expect(reports.map((it) => it.refusal)).toEqual([undefined, undefined, undefined]);
    expect(on.world.runLock?.holder).toBeUndefined();
  });
});

describe('release', () => {
  test('both are given back, the numbers stay, and the next run gets higher ones', async () => {
    const on = shared();
    const a = on.keeper('A');
    const first = await a.take('x', never);
    expect(verdicts(await a.release(never))).toEqual(['lease released', 'host released']);
    expect(await a.release(never)).toEqual({ words: [] });
    const next = await on.keeper('B').take('y', never);
    for (const lock of ['lease', 'host'] as const) {
      expect(said(next, lock).number).toBeGreaterThan(said(first, lock).number ?? Infinity);
    }
  });

  test("never another run's", async () => {
    const on = shared();
    const a = on.keeper('A');
    await a.take('x', never);
    on.after(1000);
    await on.keeper('B', { takeOver: 'A is dead' }).take('y', never);
    expect(verdicts(await a.release(never))).toEqual(['lease lost', 'host lost']);
    expect(on.world.runLease?.spec.holderIdentity).toBe('B');
    expect(on.world.runLock?.holder?.run).toBe('B');
  });

  test('out of reach, it is left to expire, and can be tried again', async () => {
    const on = shared();
    let fate: Fate = 'answered';
    const a = on.keeper('A', { fate: () => fate });
    await a.take('x', never);
    fate = 'never-begun';
    expect(verdicts(await a.release(never))).toEqual(['lease unknown', 'host unknown']);
    fate = 'answered';
    expect(verdicts(await a.release(never))).toEqual(['lease released', 'host released']);
  });

  test('called off, nothing is known, and nothing throws', async () => {
    const on = shared();
    const report = await on.keeper('A').take('x', AbortSignal.abort());
    expect(verdicts(report)).toEqual(['lease unknown', 'host unknown']);
    expect(report.refusal).toContain('cancelled');
  });
});
