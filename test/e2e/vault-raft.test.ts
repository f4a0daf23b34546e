import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRun } from './harness/required.ts';
import { until } from './harness/until.ts';
import { API_PORT } from './harness/vault-member.ts';
import {
  conclusionOf,
  endOf,
  expectNothingIssued,
  expectNothingMutated,
} from './incident/proofs.ts';
import { eventsOf, ofType } from './incident/workplace.ts';
import { RaftBed } from './raft/bed.ts';
import { clientsThatWait } from './raft/clients.ts';
import type { Raft } from './raft/raft.ts';

const RUNBOOK = ['runbook', 'vault-raft-deadlock'] as const;
const LOOKING = { timeout: 300_000 };

/**
 * What vault-raft-deadlock leaves alone, in a raft of real Vaults of the version of the incident. Not real: the kubelets,
 * what Vault writes on its own pods, and the cgroups and wait channels of its processes.
 */
describe.runIf(canRun())('vault-raft-deadlock leaves a real raft alone', () => {
  let bed: RaftBed;
  let raft: Raft;

  beforeAll(async () => {
    bed = await RaftBed.open();
    raft = bed.raft;
  }, 45 * 60_000);

  afterAll(() => bed.close());

  test('finds nothing to do where the raft is well', LOOKING, async () => {
    const place = await bed.workplace();
    const run = await place.sre(...RUNBOOK, '--json');
    const events = eventsOf(run.stdout);
    expectNothingIssued(events);
    expect(conclusionOf(events, 'evidence')).toMatchObject({ outcome: 'healthy' });
    expect(endOf(events)).toMatchObject({ result: 'not-this-incident' });
  });

  test('where a write is taken, that is known at once', LOOKING, async () => {
    const run = await (await bed.trusted()).sre(...RUNBOOK, '--json');
    const events = eventsOf(run.stdout);
    expect(ofType(events, 'intent.written').map(({ command }) => command)).toEqual([
      'vault.canary',
    ]);
    expect(conclusionOf(events, 'write')).toMatchObject({
      outcome: 'well',
      because: 'inside, every pod answers and a canary write is acknowledged',
    });
    expect(ofType(events, 'step.concluded').map(({ step }) => step)).not.toContain('evidence');
    expect(endOf(events)).toMatchObject({ result: 'not-this-incident' });
  });

  test('a leader that answers 600 ms late works, and is left alone', LOOKING, async () => {
    const { vault: slow } = await raft.leader();
    await slow.wayIn({ [API_PORT]: { is: 'delays', ms: 600 } });
    try {
      const began = Date.now();
      expect(await slow.get('sys/health')).toMatchObject({ code: 200 });
      expect(Date.now() - began).toBeGreaterThanOrEqual(600);
      const run = await (await bed.trusted()).sre(...RUNBOOK, '--json');
      const events = eventsOf(run.stdout);
      expectNothingMutated(events);
      expect(conclusionOf(events, 'write')).toMatchObject({ outcome: 'well' });
      expect(endOf(events)).toMatchObject({ result: 'not-this-incident' });
    } finally {
      await slow.wayIn({});
    }
  });

  test('a leader that is blocked in its storage answers all that needs no write, and nobody elects', async () => {
    const leader = await raft.leader();
    const standbys = raft.members.filter((it) => it !== leader);
    const indexOf = async (): Promise<unknown> =>
      (await leader.vault.get('sys/leader'))?.body['raft_committed_index'];
    await leader.vault.freezeStorage();
    const clients = clientsThatWait(raft);
    try {
      await leader.vault.waitsAsForNfs();
      const before = await indexOf();
      await sleep(20_000);
      expect(await indexOf()).toBe(before);
      expect(await leader.vault.get('sys/health')).toMatchObject({ code: 200 });
      for (const { vault: standby } of standbys) {
        // oxlint-disable-next-line no-await-in-loop -- two small requests
        expect(await standby.get('sys/health')).toMatchObject({ code: 429 });
        // It was forwarded to the leader, which wants a token: its HTTP side is alive.
        // oxlint-disable-next-line no-await-in-loop
        expect(await standby.get('sys/ha-status')).toMatchObject({ code: 403 });
      }
      expect((await raft.leader()).name).toBe(leader.name);
    } finally {
      await leader.vault.thawStorage();
      await clients.stop();
    }
    await until('writes are taken again', { seconds: 30 }, async () => {
      return (
        (await leader.vault.put('cubbyhole/after', { it: 'is' }, raft.rootToken))?.code === 204
      );
    });
  });

  test(
    'suspects it, and touches nothing: without a token it cannot be proved',
    LOOKING,
    async () => {
      const leader = await raft.leader();
      await leader.vault.freezeStorage();
      const clients = clientsThatWait(raft);
      try {
        const thread = await leader.vault.waitsAsForNfs();
        const place = await bed.workplace();
        const run = await place.sre(...RUNBOOK, '--json');
        const events = eventsOf(run.stdout);
        expectNothingIssued(events);
        expect(conclusionOf(events, 'survey')).toMatchObject({ outcome: 'well' });
        const { outcome, because } = conclusionOf(events, 'evidence');
        expect([outcome, because]).toEqual([
          'suspect',
          expect.stringContaining(
            `on ${leader.node.name} its thread ${thread.tid} (vault) is in D`,
          ),
        ]);
      } finally {
        await leader.vault.thawStorage();
        await clients.stop();
      }
    },
  );

  test(
    'a leader that is stopped whole is one no more, and nobody removes it as a stuck one',
    LOOKING,
    async () => {
      const leader = await raft.leader();
      await leader.vault.stop();
      try {
        const next = await until('another leads', { seconds: 60 }, async () => {
          const now = await raft.leader();
          return now.name === leader.name ? undefined : now;
        });
        const run = await (await bed.trusted()).sre(...RUNBOOK, '--json');
        const events = eventsOf(run.stdout);
        expectNothingMutated(events);
        const { outcome, because } = conclusionOf(events, 'evidence');
        expect([outcome, because]).toEqual([
          'failed-member',
          expect.stringContaining(`${leader.name} does not answer: a failed member`),
        ]);
        expect(because).toContain(next.name);
      } finally {
        await leader.vault.goOn();
      }
      await until('it stands by', { seconds: 60 }, async () => {
        return (await leader.vault.get('sys/health'))?.code === 429;
      });
      await raft.settled();
    },
  );

  test('sealed after a restart of all: no deletion unseals a Vault', LOOKING, async () => {
    await Promise.all(raft.members.map((it) => it.vault.restart()));
    try {
      const place = await bed.workplace();
      const run = await place.sre(...RUNBOOK, '--json');
      const events = eventsOf(run.stdout);
      expectNothingIssued(events);
      expect(conclusionOf(events, 'survey')).toMatchObject({ outcome: 'sealed' });
      expect(endOf(events)).toMatchObject({ result: 'not-this-incident' });
    } finally {
      await raft.unseal();
    }
  });
});
