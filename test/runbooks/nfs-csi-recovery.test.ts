import { describe, expect, test } from 'vitest';
import book from '../../runbooks/nfs-csi-recovery/runbook.ts';
import { scenarios } from '../../src/lab/index.ts';
import {
  DEFAULT,
  disorder,
  expectSane,
  expectUnharmed,
  nodeOf,
  SHORT,
} from './nfs-csi-recovery/held.ts';
import { rehearse } from './rehearsal.ts';
import type { Rehearsal } from './rehearsal.ts';

/** What an orphan takes: its sandbox, and then the pod that waited for its port. */
const ORPHAN = ['stop-sandbox', 'remove-sandbox', 'delete-pod'];

/** Where each incident of the lab must end, and what may have been done to the world on the way. */
const ENDS: Readonly<
  Record<string, readonly [end: string, result: string, mutations: readonly string[]]>
> = {
  'nfs-csi-recovery': [
    'resolved',
    'resolved',
    [
      // The driver on k8s-node1, on k8s-node3 (its port is free already), on k8s-node4 and k8s-node2.
      ORPHAN,
      ['delete-pod'],
      ORPHAN,
      ORPHAN,
      // Two controllers, then three speakers.
      ORPHAN,
      ORPHAN,
      ORPHAN,
      ORPHAN,
      ORPHAN,
      // Three laggards, MySQL, and who holds the database of vault-1.
      ['delete-pod', 'delete-pod', 'delete-pod', 'delete-pod', 'stop-sandbox'],
    ].flat(),
  ],
  'orphan-sandbox': ['resolved', 'resolved', ORPHAN],
  'undead-sandbox': ['resolved', 'resolved', ['restart-kubelet', 'delete-pod']],
  'colocated-controllers': ['co-located', 'escalate', []],
  'port-zombie': [
    'resolved',
    'resolved',
    // The reset's own ladder tries another pod of the driver first.
    ['delete-pod', 'cordon', 'evict-pod', 'evict-pod', 'reset-vm', 'uncordon'],
  ],
  // Once its node has a network again the driver comes up by itself, in time or just before it would be deleted.
  'calico-broken': ['resolved', 'resolved', ['delete-pod']],
  'registered-hangs': ['resolved', 'resolved', ['kill-task']],
  'port-free': ['resolved', 'resolved', ['delete-pod']],
  'csi-server-down': ['server-down', 'escalate', []],
  'mysql-alive': ['operational', 'escalate', ORPHAN],
  'csi-healthy': ['healthy', 'not-this-incident', []],
};

const kept = new Map<string, Promise<Rehearsal>>();

/** The careful operator's run on a scenario, rehearsed once for all tests. */
function careful(id: string): Promise<Rehearsal> {
  const run = kept.get(id) ?? rehearse(book, id, { set: SHORT });
  kept.set(id, run);
  return run;
}

test('every scenario of this runbook has its end here', () => {
  const mine = scenarios.filter((s) => s.runbook === book.id).map((s) => s.id);
  expect(mine.toSorted()).toEqual(Object.keys(ENDS).toSorted());
  expect(mine[0]).toBe(DEFAULT);
});

describe.for(Object.entries(ENDS))('%s', ([id, [end, result, mutations]]) => {
  test(`ends at ${end}`, async () => {
    const run = await careful(id);
    expect(run.finished).toMatchObject({ result });
    expect(run.end).toBe(end);
    expect(run.truth.mutations.map((m) => m.what)).toEqual(mutations);
    expectUnharmed(run);
  });
});

test('the main job is resolved in order', async () => {
  const run = await careful(DEFAULT);
  expect(run.finished).toMatchObject({ result: 'resolved', exitCode: 0 });
  expect(run.truth.functional).toHaveLength(3);
  expectUnharmed(run);
  expect(disorder(run)).toEqual([]);
});

describe('the order of the cascade', () => {
  test.for(Object.keys(ENDS))(
    'on %s: one node at a time, the control sample untouched, controllers after nodes, speakers last',
    async (id) => {
      expect(disorder(await careful(id))).toEqual([]);
    },
  );

  test('every node of the cascade has its own test mount before the next one is touched', async () => {
    const run = await careful(DEFAULT);
    const mounted = run
      .of('step.concluded')
      .filter((e) => e.step === 'canary' && e.outcome === 'mounted');
    expect(mounted).toHaveLength(4);
    expect(new Set(mounted.map((e) => /on (\S+) took/.exec(e.because)?.[1]))).toEqual(
      new Set(['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4']),
    );
  });

  test('the worst-affected of those without the active Vault first', async () => {
    const run = await careful(DEFAULT);
    const nodes = run.of('confirmation.asked').map((e) => nodeOf(e.card));
    expect(nodes[0]).not.toBe('k8s-node2');
    const drivers = nodes.slice(0, 10);
    expect(drivers.lastIndexOf('k8s-node2')).toBe(9);
  });
});

describe('the port', () => {
  test('is never a number of ours: it comes from last words and arguments', async () => {
    const run = await careful(DEFAULT);
    const crash = run.of('step.concluded').filter((e) => e.step === 'crash');
    expect(new Set(crash.map((e) => /port (\d+)/.exec(e.because)?.[1]))).toEqual(
      new Set(['29653', '29652', '7946']),
    );
  });

  test('is looked at afresh before every rung', async () => {
    const run = await careful('undead-sandbox');
    const rungs = run
      .of('intent.written')
      .filter((e) => e.does === 'mutates' && e.step !== 'stop-sandbox');
    const stale = rungs.filter(
      (intent) =>
        !run.events.some(
          (e) =>
            e.type === 'command.finished' &&
            e.command === 'node.port-owner' &&
            e.purpose === 'drift' &&
            e.step === intent.step &&
            e.visit === intent.visit &&
            e.seq < intent.seq &&
            Date.parse(intent.at) - Date.parse(e.at) < 10_000,
        ),
    );
    expect(rungs).toHaveLength(2);
    expect(stale).toEqual([]);
  });

  test('of an orphan is read twice, 10 s apart, before anything is stopped', async () => {
    const run = await careful('orphan-sandbox');
    const lists = run.events.filter(
      (e) =>
        e.type === 'command.finished' &&
        'step' in e &&
        e.step === 'port' &&
        e.command === 'kubectl.pods-on-node',
    );
    expect(lists.length).toBeGreaterThanOrEqual(2);
    const [first, second] = lists.map((e) => Date.parse(e.at));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(9_500);
  });
});

describe('the kubelet under the active Vault', () => {
  test('is restarted for a reason that is asked for and kept', async () => {
    const run = await careful('undead-sandbox');
    const asked = run.of('confirmation.asked').find((e) => e.step === 'restart-kubelet');
    expect(asked?.card.reason).toContain('the active Vault pod vault/vault-2');
    const answer = run.of('confirmation.answered').find((e) => e.step === 'restart-kubelet');
    expect(answer?.note).toBeTruthy();
  });
});

describe('what hangs although the driver is registered', () => {
  test('goes to kernel-nfs-reset, and everything is looked at again after it', async () => {
    const run = await careful('registered-hangs');
    expect(run.steps.filter((s) => s === 'hand-over')).toHaveLength(1);
    const called = run.of('step.entered').find((e) => e.called !== undefined);
    expect(called?.called).toMatchObject({
      runbook: 'kernel-nfs-reset',
      params: { node: 'k8s-node3' },
    });
    const own = run.of('step.entered').filter((e) => e.depth === 0);
    const after = own.map((e) => e.step).slice(own.findIndex((e) => e.step === 'hand-over') + 1);
    expect(after.slice(0, 3)).toEqual(['kernel-client', 'node-back', 'survey']);
    const back = run.of('step.concluded').find((e) => e.step === 'node-back');
    expect(back?.facts).toEqual({ handed: ['k8s-node3'] });
  });
});

describe('a lost container', () => {
  test('that is proven dead is deleted behind a fence that was read twice', async () => {
    const run = await careful(DEFAULT);
    const fence = run.of('step.concluded').find((e) => e.step === 'fence');
    expect(fence).toMatchObject({ outcome: 'dead' });
    const looks = run.events.filter(
      (e) => e.type === 'command.finished' && e.step === 'fence' && e.command === 'node.remains',
    );
    expect(looks).toHaveLength(2);
    const asked = run.of('confirmation.asked').find((e) => e.step === 'delete-lost');
    expect(asked?.card.warning).toMatch(/removes it at once, whatever the grace/);
  });

  test('that lives is named, and the rest of the recovery is verified without it', async () => {
    const run = await careful('mysql-alive');
    expect(run.steps).toContain('soak');
    expect(run.finished.left[0]).toMatch(/mysql-standalone-0 .* is left as it is: mysqld/);
    expect(run.truth.mutations.some((m) => m.target.includes('mysql'))).toBe(false);
  });
});

describe('a declined confirmation ends in a sane place', () => {
  const asking = Object.entries(ENDS).filter(([id, [, , m]]) => id !== DEFAULT && m.length > 0);

  test.for(asking.map(([id]) => id))('%s, whichever of them', async (id) => {
    const { length } = (await careful(id)).of('confirmation.asked');
    expect(length).toBeGreaterThan(0);
    for (let nth = 1; nth <= length; nth += 1) await expectSane(id, nth);
  });

  // At each of its steps: `npm run test:crash`.
  test('the main job, at its first', async () => {
    expect((await careful(DEFAULT)).of('confirmation.asked').length).toBeGreaterThan(20);
    await expectSane(DEFAULT, 1);
  });

  test('aborting there stops the run, and nothing is issued', async () => {
    const run = await rehearse(book, 'orphan-sandbox', { confirm: () => 'abort' });
    expect(run.finished).toMatchObject({ result: 'aborted', exitCode: 4 });
    expect(run.truth.mutations).toEqual([]);
  });
});

test('an orphan is confirmed by the id of its sandbox: a pod of its name may be alive', async () => {
  const run = await careful(DEFAULT);
  const cards = run
    .of('confirmation.asked')
    .filter((e) => ['stop-sandbox', 'remove-sandbox', 'stop-holder'].includes(e.step))
    .map((e) => e.card);
  expect(cards.length).toBeGreaterThan(10);
  for (const { target, guards } of cards) {
    expect(target.kind).toBe('sandbox');
    expect(target.name).toMatch(/^[0-9a-f]{12}$/);
    expect(target.proven[0]).toContain(`id ${target.name}`);
    expect(guards.map((it) => it.because).join()).not.toContain('no node was healthy');
  }
});

test('every confirmation names its target, proves it by two facts, and says what breaks in numbers', async () => {
  const runs = await Promise.all(Object.keys(ENDS).map(careful));
  const cards = runs.flatMap((run) => run.of('confirmation.asked')).map((e) => e.card);
  expect(cards.length).toBeGreaterThan(40);
  for (const card of cards) {
    expect(card.target.name).not.toBe('');
    expect(new Set(card.target.proven).size).toBeGreaterThanOrEqual(2);
    expect(card.commands.length).toBeGreaterThan(0);
    expect(card.breaks.counts.length).toBeGreaterThan(0);
  }
});

describe('a dry run', () => {
  test.for(Object.keys(ENDS))('completes on %s, and issues nothing', async (id) => {
    const run = await rehearse(book, id, { mode: 'plan' });
    expect(run.finished).toMatchObject({ result: 'planned', exitCode: 0 });
    expect(run.of('intent.written')).toEqual([]);
    expect(run.of('command.started').filter((e) => e.does !== 'reads')).toEqual([]);
    expect(run.truth.mutations).toEqual([]);
  });

  test('predicts the rest of the way to the end', async () => {
    const run = await rehearse(book, DEFAULT, { mode: 'plan' });
    const planned = run.events.findIndex((e) => e.type === 'action.planned');
    const later = run.events.slice(planned).filter((e) => e.type === 'step.entered');
    expect(later.every((e) => e.predicted === true)).toBe(true);
    expect(later.map((e) => e.step)).toEqual(
      expect.arrayContaining([
        'delete-pod',
        'canary',
        'controllers',
        'speakers',
        'waiting',
        'soak',
      ]),
    );
    expect(run.finished.because).toContain("predicted to end 'resolved'");
  });
});

test('the soak lasts as long as it is set to', async () => {
  const run = await rehearse(book, 'port-free', { set: { soak: '5m' } });
  const soak = run.events
    .filter((e) => 'step' in e && e.step === 'soak')
    .map((e) => Date.parse(e.at));
  expect((Math.max(...soak) - Math.min(...soak)) / 60_000).toBeCloseTo(5, 0);
});
