import { describe, expect, test } from 'vitest';
import book from '../../runbooks/vault-raft-deadlock/runbook.ts';
import { digestOf } from '../../src/journal/digest.ts';
import { checkRunbook } from '../../src/runbook/check/check.ts';
import { scenarios } from '../../src/lab/index.ts';
import type { World } from '../../src/lab/world.ts';
import { expectPromises } from './promises.ts';
import { deedsOf, rehearse } from './rehearsal.ts';

/** What the called runbook does to the node under a pod. */
const NODE_RESET = ['cordon', 'evict-pod', 'reset-vm', 'uncordon'] as const;

/** Where each incident of the lab must end, and what may have been done to the world on the way. */
const ENDS: Readonly<
  Record<string, readonly [end: string, result: string, deeds: readonly string[]]>
> = {
  'vault-raft-deadlock': ['resolved', 'resolved', ['delete-pod']],
  'april-22': [
    'resolved',
    'resolved',
    [...NODE_RESET, 'patch-statefulset', 'delete-pod', ...NODE_RESET, 'delete-pod'],
  ],
  'process-frozen': ['failed-member', 'escalate', []],
  'storage-blocked': ['resolved', 'resolved', ['delete-pod']],
  slow: ['slow', 'not-this-incident', []],
  sealed: ['sealed', 'not-this-incident', []],
  'quorum-lost': ['resolved', 'resolved', ['delete-pod', 'delete-pod']],
  'ha-not-active': ['resolved', 'resolved', ['delete-pod']],
  'block-storage': ['resolved', 'resolved', ['delete-pod']],
  'stuck-terminating': ['resolved', 'resolved', ['delete-pod', 'kill-task']],
  'zombie-terminating': ['resolved', 'resolved', ['delete-pod', ...NODE_RESET]],
  'force-delete-poisons': ['resolved', 'resolved', [...NODE_RESET]],
  'dead-kubelet': ['resolved', 'resolved', ['force-delete-pod']],
  nxdomain: ['resolved', 'resolved', ['delete-pod', 'delete-pod']],
  'no-token': ['suspect', 'escalate', []],
  'api-down': ['no-api', 'escalate', []],
  regression: ['regressed', 'escalate', ['delete-pod']],
  'standby-hung': ['failed-member', 'escalate', []],
  'chown-loop': ['resolved', 'resolved', ['delete-pod', 'patch-statefulset', 'delete-pod']],
  healthy: ['healthy', 'not-this-incident', []],
};

/** A whole soak where the soak is the point; a short one elsewhere keeps these tests fast. */
const soakOf = (id: string): Readonly<Record<string, string>> =>
  id === 'vault-raft-deadlock' || id === 'regression' ? {} : { soak: '2m' };

const kept = new Map<string, ReturnType<typeof rehearse>>();

/** The careful operator's run on a scenario, rehearsed once for all tests. */
function careful(id: string): ReturnType<typeof rehearse> {
  const run = kept.get(id) ?? rehearse(book, id, { set: soakOf(id) });
  kept.set(id, run);
  return run;
}

test('every scenario of the lab has its end here', () => {
  const own = scenarios.filter((it) => it.runbook === book.id).map((it) => it.id);
  expect(own.toSorted()).toEqual(Object.keys(ENDS).toSorted());
});

test('the graph is sound', () => {
  expect(checkRunbook(book)).toEqual([]);
});

describe.for(Object.entries(ENDS))('%s', ([id, [end, result, deeds]]) => {
  test(`ends at ${end}`, async () => {
    const run = await careful(id);
    expect(run.finished).toMatchObject({ result });
    expect(run.end).toBe(end);
    expect(deedsOf(run.truth)).toEqual(deeds);
    expect(run.truth.bothDown).toBe(false);
    expect(run.truth.dataLost).toBe(false);
    expectPromises(run.events);
  });
});

test.for([1, 2, 3, 7, 42])('the main job is resolved with seed %i', async (seed) => {
  const run = await rehearse(book, 'vault-raft-deadlock', { seed, set: { soak: '2m' } });
  expect(run.finished).toMatchObject({ result: 'resolved', exitCode: 0, left: [] });
  expect(run.truth.functional).toHaveLength(3);
});

test('the same seed gives the same run', async () => {
  const [a, b] = await Promise.all([rehearse(book, 'april-22'), rehearse(book, 'april-22')]);
  expect(digestOf(a.events)).toBe(digestOf(b.events));
});

test('the soak lasts as long as it is set to', async () => {
  const run = await rehearse(book, 'vault-raft-deadlock', { set: { soak: '5m' } });
  const soak = run.events
    .filter((e) => 'step' in e && e.step === 'soak')
    .map((e) => Date.parse(e.at));
  expect((Math.max(...soak) - Math.min(...soak)) / 60_000).toBeCloseTo(5, 0);
});

/** The Vault of the incident, and an inventory that names no token. */
const tokenless = (world: World): World => ({ ...world, token: false, vaultVersion: '1.18.1' });

describe('without a token', () => {
  test('a leader that is blocked in its storage is suspect, though every pod answers', async () => {
    const run = await rehearse(book, 'storage-blocked', { staged: tokenless });
    expect(run.steps.slice(0, 5)).toEqual(['reach-api', 'survey', 'write', 'evidence', 'override']);
    expect(run.finished).toMatchObject({ result: 'escalate' });
    expect(deedsOf(run.truth)).toEqual([]);
  });

  test('a Vault that is well is called so after a look at the evidence', async () => {
    const run = await rehearse(book, 'healthy', { staged: tokenless });
    expect(run.steps).toEqual(['reach-api', 'survey', 'write', 'evidence', 'healthy']);
    expect(run.finished).toMatchObject({ result: 'not-this-incident' });
  });

  test('an operator who overrides in their own name gets the pod removed', async () => {
    const run = await rehearse(book, 'no-token', { prefer: ['override'], set: { soak: '2m' } });
    expect(run.finished).toMatchObject({ result: 'resolved' });
    expect(run.of('operator.answered')[0]).toMatchObject({ step: 'override', answer: 'override' });
  });
});

describe('a declined confirmation ends in a sane place', () => {
  const cases = Object.entries(ENDS).flatMap(([id, [, , deeds]]) =>
    deeds.map((_, i): readonly [string, number] => [id, i + 1]),
  );
  test.for(cases)('%s, confirmation %i', async ([id, nth]) => {
    const run = await rehearse(book, id, {
      confirm: (_, times) => (times === nth ? 'no' : undefined),
    });
    expect(run.finished.result).toBe('escalate');
    expect(run.finished.exitCode).toBe(3);
    expect(run.finished.left.length).toBeGreaterThan(0);
    expect(deedsOf(run.truth)).toHaveLength(nth - 1);
  });

  test('aborting there stops the run, and nothing is issued', async () => {
    const run = await rehearse(book, 'vault-raft-deadlock', { confirm: () => 'abort' });
    expect(run.finished).toMatchObject({ result: 'aborted', exitCode: 4 });
    expect(run.truth.mutations).toEqual([]);
  });
});

test('every confirmation names its target, and proves it by two facts', async () => {
  const runs = await Promise.all(Object.keys(ENDS).map(careful));
  const cards = runs.flatMap((run) => run.of('confirmation.asked')).map((e) => e.card);
  expect(cards.length).toBeGreaterThan(10);
  for (const card of cards) {
    expect(card.target.name).not.toBe('');
    expect(new Set(card.target.proven).size).toBeGreaterThanOrEqual(2);
    expect(card.commands.length).toBeGreaterThan(0);
  }
});

test('where quorum is lost already, the confirmation says so first', async () => {
  const run = await careful('quorum-lost');
  const [first, second] = run.of('confirmation.asked');
  expect(first?.card.warning).toMatch(
    /Quorum is already lost: 1 functional voters without vault-1, quorum 2/,
  );
  expect(second?.card.warning).toBeUndefined();
});

describe('a dry run', () => {
  test('issues nothing that leaves a trace, and predicts what follows the first action', async () => {
    const run = await rehearse(book, 'vault-raft-deadlock', { mode: 'plan' });
    expect(run.of('intent.written')).toEqual([]);
    expect(run.of('command.started').filter((e) => e.does !== 'reads')).toEqual([]);
    expect(run.truth.mutations).toEqual([]);
    expect(run.finished).toMatchObject({ result: 'planned', exitCode: 0 });
    const planned = run.events.findIndex((e) => e.type === 'action.planned');
    const later = run.events.slice(planned).filter((e) => e.type === 'step.entered');
    expect(later.length).toBeGreaterThan(3);
    expect(later.every((e) => e.predicted === true)).toBe(true);
  });

  test.for(Object.keys(ENDS))('completes on %s', async (id) => {
    const run = await rehearse(book, id, { mode: 'plan' });
    expect(run.finished).toMatchObject({ result: 'planned', exitCode: 0 });
    expect(run.of('intent.written')).toEqual([]);
    expect(run.truth.mutations).toEqual([]);
    expect(run.truth.canaries).toBe(0);
  });
});

test('a canary is shown before the first use, and one at a time', async () => {
  const run = await careful('vault-raft-deadlock');
  const open: number[] = [];
  let outstanding = 0;
  for (const event of run.events) {
    if (event.type === 'command.started' && event.does === 'intrusive') outstanding += 1;
    if (event.type === 'command.finished' && event.command === 'vault.canary') outstanding -= 1;
    open.push(outstanding);
  }
  expect(Math.max(...open)).toBe(1);
  const used = run.of('command.started').filter((e) => e.does === 'intrusive');
  const unannounced = used.filter(
    (it) => !run.of('intent.written').some((e) => e.key === it.key && e.seq < it.seq),
  );
  expect(used.length).toBeGreaterThan(4);
  expect(unannounced).toEqual([]);
});
