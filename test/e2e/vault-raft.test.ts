import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Components, components, vault } from './harness/components.ts';
import { canRun } from './harness/required.ts';
import { Undo } from './harness/undo.ts';
import { until } from './harness/until.ts';
import { conclusionOf, endOf, expectNothingIssued } from './incident/proofs.ts';
import { eventsOf, Workplace } from './incident/workplace.ts';
import { clientsThatWait } from './raft/clients.ts';
import { buildRaft, type Raft } from './raft/raft.ts';

const RUNBOOK = ['runbook', 'vault-raft-deadlock'] as const;
const LOOKING = { timeout: 300_000 };

/**
 * Real Vaults of the version of the incident in one raft, behind a real API server's pod proxy. Not real: the kubelets and
 * the controllers, and the cgroups of the pods.
 */
describe.runIf(canRun())('vault-raft-deadlock against a real raft', () => {
  let undo: Undo;
  let built: Components;
  let raft: Raft;
  let below: string;

  beforeAll(async () => {
    undo = new Undo();
    built = await components();
    raft = await buildRaft(undo, built, await vault());
    below = await undo.folder();
  }, 45 * 60_000);

  afterAll(() => undo.close());

  const workplace = (): Promise<Workplace> =>
    Workplace.create({
      components: built,
      below,
      kubeconfig: raft.plane.operator,
      sshConfig: raft.lab.ssh.config,
    });

  test('finds nothing to do where the raft is well', LOOKING, async () => {
    const place = await workplace();
    const run = await place.sre(...RUNBOOK, '--json');
    const events = eventsOf(run.stdout);
    expectNothingIssued(events);
    expect(conclusionOf(events, 'evidence')).toMatchObject({ outcome: 'healthy' });
    expect(endOf(events)).toMatchObject({ result: 'not-this-incident' });
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
        const place = await workplace();
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

  test('a leader that is stopped whole is one no more, and a standby when it goes on', async () => {
    const leader = await raft.leader();
    await leader.vault.stop();
    try {
      const next = await until('another leads', { seconds: 30 }, async () => {
        const now = await raft.leader();
        return now.name === leader.name ? undefined : now;
      });
      expect(next.name).not.toBe(leader.name);
    } finally {
      await leader.vault.goOn();
    }
    await until('it stands by', { seconds: 30 }, async () => {
      return (await leader.vault.get('sys/health'))?.code === 429;
    });
  });

  test('sealed after a restart of all: no deletion unseals a Vault', LOOKING, async () => {
    await Promise.all(raft.members.map((it) => it.vault.restart()));
    try {
      const place = await workplace();
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
