import { describe, expect, test } from 'vitest';
import book from '../../../runbooks/kernel-nfs-reset/runbook.ts';
import { scenarios } from '../../../src/lab/index.ts';
import { checkRunbook } from '../../../src/runbook/check/check.ts';
import { expectPromises, resetsIn } from '../promises.ts';
import { deedsOf, rehearse } from '../rehearsal.ts';

const DRAINED = ['cordon', 'evict-pod', 'reset-vm'] as const;

/** Where each incident of the lab must end, and what may have been done to the world on the way. */
const ENDS: Readonly<
  Record<string, readonly [end: string, result: string, deeds: readonly string[]]>
> = {
  'kernel-nfs-reset': ['resolved', 'resolved', [...DRAINED, 'uncordon']],
  'abandoned-mount': ['resolved', 'resolved', ['kill-task']],
  'stuck-mounts': ['resolved', 'resolved', ['kill-task', 'kill-task']],
  'wedge-heals': ['resolved', 'resolved', []],
  'april-nodes': [
    'resolved',
    'resolved',
    [
      ...DRAINED,
      'uncordon',
      'kill-task',
      'delete-pod',
      ...DRAINED,
      'kill-task',
      'delete-pod',
      'reset-vm',
      'uncordon',
    ],
  ],
  'reset-no-op': ['resolved', 'resolved', [...DRAINED, 'reset-vm', 'uncordon']],
  'vm-paused': ['resolved', 'resolved', ['resume-vm']],
  'wrong-boot-disk': ['boot-disk', 'unsafe', [...DRAINED, 'reset-vm']],
  'vm-locked': ['hands-off', 'unsafe', []],
  'ha-managed': ['hands-off', 'unsafe', []],
  'names-swapped': ['not-the-vm', 'unsafe', []],
  'server-down': ['server', 'escalate', []],
  'server-hung': ['server', 'escalate', []],
  'server-grace': ['grace', 'not-this-incident', []],
  'half-the-nodes': ['many', 'escalate', []],
  'budget-blocks-drain': ['resolved', 'resolved', [...DRAINED, 'uncordon']],
  'kubelet-dead': ['resolved', 'resolved', ['cordon', 'reset-vm', 'uncordon']],
  'kubelet-stale': ['resolved', 'resolved', ['restart-kubelet']],
  'control-plane': ['blocked', 'unsafe', []],
  'nfs-healthy': ['healthy', 'not-this-incident', []],
};

/** A whole soak where nodes fall ill one after another; a short one elsewhere keeps these tests fast. */
const soakOf = (id: string): Readonly<Record<string, string>> =>
  id === 'april-nodes' ? {} : { soak: '1m' };

const kept = new Map<string, ReturnType<typeof rehearse>>();

function careful(id: string): ReturnType<typeof rehearse> {
  const run = kept.get(id) ?? rehearse(book, id, { set: soakOf(id) });
  kept.set(id, run);
  return run;
}

test('every incident of this runbook has its end here', () => {
  const mine = scenarios.filter((it) => it.runbook === book.id).map((it) => it.id);
  expect(mine.toSorted()).toEqual(Object.keys(ENDS).toSorted());
});

test('the graph is sound', () => {
  expect(checkRunbook(book)).toEqual([]);
});

describe.for(Object.entries(ENDS))('%s', ([id, [end, result, deeds]]) => {
  test('ends as its own words say', () => {
    expect(scenarios.find((it) => it.id === id)?.ends).toMatch(new RegExp(`^${result}\\b`));
  });

  test(`ends at ${end}`, async () => {
    const run = await careful(id);
    expect(run.end).toBe(end);
    expect(run.finished).toMatchObject({ result });
    expect(deedsOf(run.truth)).toEqual(deeds);
    expectPromises(run.events);
  });

  test('nobody was harmed: one node down at a time, no data lost, no task of an application killed', async () => {
    const { truth } = await careful(id);
    expect(truth).toMatchObject({ bothDown: false, dataLost: false, killed: [], wrongSandbox: [] });
  });

  test('what this run cordoned is uncordoned, or named in what is left', async () => {
    const { truth, finished } = await careful(id);
    for (const node of truth.cordoned) {
      expect(finished.left).toContain(`${node} is cordoned by this run`);
    }
  });
});

test.for([1, 2, 3, 7, 42])('the main incident is resolved with seed %i', async (seed) => {
  const run = await rehearse(book, 'kernel-nfs-reset', { seed, set: { soak: '1m' } });
  expect(run.finished).toMatchObject({ result: 'resolved', exitCode: 0, left: [] });
  expect(run.truth.cordoned).toEqual([]);
  expectPromises(run.events);
});

/** For each time that a reset was asked for, whether a reason had to be typed. */
async function reasons(id: string): Promise<readonly boolean[]> {
  const asked = (await careful(id)).of('confirmation.asked');
  return asked.filter((e) => e.step === 'reset').map((e) => e.card.reason !== undefined);
}

describe('a reset', () => {
  test('that did nothing is refuted, looked at, and asked for anew; exit code 0 proved nothing', async () => {
    const run = await careful('reset-no-op');
    const judged = run.of('effect.judged').filter((e) => e.step === 'reset');
    expect(judged.map((e) => [e.visit, e.effect])).toEqual([
      [1, 'refuted'],
      [2, 'confirmed'],
    ]);
    const sent = run
      .of('command.finished')
      .filter((e) => e.command === 'pve.reset')
      .map((e) => e.ending);
    expect(sent).toEqual([
      { how: 'exited', code: 0 },
      { how: 'exited', code: 0 },
    ]);
    expect(run.steps).toContain('after-reset');
    expect(run.of('confirmation.asked').filter((e) => e.step === 'reset')).toHaveLength(2);
  });

  test('after one that did nothing asks for no reason; after one that worked it does', async () => {
    expect(await reasons('reset-no-op')).toEqual([false, false]);
    // k8s-node2 once, then k8s-node3 twice.
    expect(await reasons('april-nodes')).toEqual([false, false, true]);
  });

  test('shows in numbers what it hits', async () => {
    const run = await careful('kernel-nfs-reset');
    const card = run.of('confirmation.asked').find((e) => e.step === 'reset')?.card;
    const what = card?.breaks.counts.map((it) => it.what) ?? [];
    for (const expected of [
      'pod on the node',
      'pod of a DaemonSet',
      'pod that is the only replica',
      'disruption budget that covers a pod here',
      'Vault voter',
      'etcd member',
      'database instance',
      'volume attached here',
      'other node with room for more volumes',
      'control plane that is the only one',
    ]) {
      expect(what).toContain(expected);
    }
    expect(card?.breaks.unknown).toEqual([]);
  });

  test('of one node begins only after the one before is back', async () => {
    const run = await careful('april-nodes');
    expect(resetsIn(run.events).map((e) => e.target)).toEqual([
      'k8s-node2',
      'k8s-node3',
      'k8s-node3',
    ]);
  });
});

describe('an eviction', () => {
  test('leaves out what a budget blocks, and says so', async () => {
    const run = await careful('budget-blocks-drain');
    const drain = run.of('step.concluded').find((e) => e.step === 'drainable');
    expect(drain?.because).toContain('blocked by a disruption budget');
  });

  test('is left out where the kubelet does not answer, and it is said why', async () => {
    const run = await careful('kubelet-dead');
    const drain = run.of('step.concluded').find((e) => e.step === 'drainable');
    expect(drain).toMatchObject({ outcome: 'no' });
    expect(drain?.because).toContain('the kubelet does not answer');
  });

  test('never takes a pod with an NFS volume', async () => {
    const run = await careful('kernel-nfs-reset');
    const drain = run.of('step.concluded').find((e) => e.step === 'drainable');
    expect(drain?.because).toMatch(/stay: \d+ with an NFS volume/);
  });
});

describe('a declined confirmation ends in a sane place', () => {
  const cases = Object.entries(ENDS)
    .filter(([id]) => id !== 'april-nodes')
    .flatMap(([id, [, , deeds]]) =>
      deeds.map((deed, i): readonly [string, number, string] => [id, i + 1, deed]),
    );
  test.for(cases)('%s, confirmation %i: %s', async ([id, nth]) => {
    const run = await rehearse(book, id, {
      set: soakOf(id),
      confirm: (_, times) => (times === nth ? 'no' : undefined),
    });
    expect(run.finished.result).toBe('escalate');
    expect(run.finished.exitCode).toBe(3);
    expect(run.finished.left.length).toBeGreaterThan(0);
    expect(deedsOf(run.truth)).toHaveLength(nth - 1);
    for (const node of run.truth.cordoned) {
      expect(run.finished.left).toContain(`${node} is cordoned by this run`);
    }
  });

  test('stopped there, it names the cordon that is left', async () => {
    const run = await rehearse(book, 'kernel-nfs-reset', {
      confirm: (card) => (card.title === 'Reset the VM (qm reset)' ? 'abort' : undefined),
    });
    expect(run.finished).toMatchObject({ result: 'aborted', exitCode: 4 });
    expect(run.finished.left).toContain('k8s-node2 is cordoned by this run');
    expect(resetsIn(run.events)).toEqual([]);
  });
});

describe('a dry run', () => {
  test.for(Object.keys(ENDS))('completes on %s, and issues nothing', async (id) => {
    const run = await rehearse(book, id, { mode: 'plan' });
    expect(run.finished).toMatchObject({ result: 'planned', exitCode: 0 });
    expect(run.of('intent.written')).toEqual([]);
    expect(run.truth.mutations).toEqual([]);
  });
});

test('the one node that was named is the one that is looked at', async () => {
  const run = await rehearse(book, 'april-nodes', { set: { node: 'k8s-node4', soak: '1m' } });
  expect(run.finished).toMatchObject({ result: 'resolved' });
  expect(deedsOf(run.truth)).toEqual(['kill-task']);
});

test('a node that does not exist is no reason to do anything', async () => {
  const run = await rehearse(book, 'kernel-nfs-reset', { set: { node: 'k8s-node9' } });
  expect(run.end).toBe('unknown-node');
  expect(run.truth.mutations).toEqual([]);
});
