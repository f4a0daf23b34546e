import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { USERS } from './harness/control-plane.ts';
import { canRun } from './harness/required.ts';
import { until } from './harness/until.ts';
import { API_PORT, CLUSTER_PORT } from './harness/vault-member.ts';
import { SNAPSHOTS } from './incident/incident.ts';
import { Person } from './incident/person.ts';
import { conclusionOf, expectAskedAndJudged } from './incident/proofs.ts';
import { eventsOf, ofType } from './incident/workplace.ts';
import { RaftBed } from './raft/bed.ts';
import { clientsThatWait } from './raft/clients.ts';
import { expectOnlyDeletions, expectReplaced } from './raft/proofs.ts';
import type { Raft } from './raft/raft.ts';

const RUNBOOK = ['runbook', 'vault-raft-deadlock'] as const;
const REPAIR = { timeout: 600_000 };

/**
 * What vault-raft-deadlock repairs, in a raft of real Vaults of the version of the incident. Not real: the kubelets, what
 * Vault writes on its own pods, and the cgroups and wait channels of its processes.
 */
describe.runIf(canRun())('vault-raft-deadlock repairs a real raft', () => {
  let bed: RaftBed;
  let raft: Raft;

  beforeAll(async () => {
    bed = await RaftBed.open();
    raft = bed.raft;
  }, 45 * 60_000);

  afterAll(() => bed.close());

  /** A raft snapshot on a host, so that nobody is asked whether to go on without one. */
  const withSnapshot = async () => {
    const host = raft.lab.get('k8s-node4');
    await host.write(`${SNAPSHOTS}/vault-raft-20260422.snap`, 'a snapshot');
    return {
      hosts: { backups: host.address },
      vault: { snapshots: { host: 'backups', directory: SNAPSHOTS } },
    };
  };

  test(
    'a leader whose ports take connections and answer nothing is removed, once, by a person',
    REPAIR,
    async () => {
      const leader = await raft.leader();
      const uid = await raft.uidOf(leader);
      const since = await raft.plane.audit.mark();
      await leader.vault.wayIn({ [API_PORT]: { is: 'silent' }, [CLUSTER_PORT]: { is: 'silent' } });
      const clients = clientsThatWait(raft);
      const place = await bed.trusted();
      const person = new Person(place, [...RUNBOOK, '--set', 'soak=30s']);
      try {
        // Its heartbeats go out, so its raft works, and writes for itself now and then: no proof, and somebody's decision.
        const screen = await person.sees(
          /(override|go-on) [^]*Type the number or the name[^]*› *\n$/,
          240,
        );
        if (screen[1] === 'override') {
          await person.types('override');
          await person.sees(/go-on [^]*Type the number or the name[^]*› *\n$/, 60);
        }
        await person.types('go-on');
        expect(await person.asked(60)).toBe(leader.name);
        await person.types(leader.name);
        expect(await person.exited).toBe(0);
      } finally {
        person.leaves();
        await clients.stop();
      }
      const events = await place.journal();
      expect(conclusionOf(events, 'evidence').because).toMatch(
        /could not forward \d+ requests to /,
      );
      await expectReplaced(raft, { member: leader, uid, since }, events);
    },
  );

  test(
    'a leader that is blocked in its storage is proved so by writes, and removed, once',
    REPAIR,
    async () => {
      const leader = await raft.leader();
      const uid = await raft.uidOf(leader);
      const since = await raft.plane.audit.mark();
      await leader.vault.freezeStorage();
      const clients = clientsThatWait(raft);
      const place = await bed.trusted();
      const person = new Person(place, [...RUNBOOK, '--set', 'soak=30s']);
      try {
        await leader.vault.waitsAsForNfs();
        await person.sees(/go-on [^]*Type the number or the name[^]*› *\n$/, 240);
        await person.types('go-on');
        expect(await person.asked(60)).toBe(leader.name);
        await person.types(leader.name);
        // SIGKILL ends all of its threads but the one that waits: the pod stays, as long as the storage does not answer.
        await until('its process has been killed', { seconds: 60 }, async () => {
          return (await leader.vault.task.state()) === 'Z';
        });
        await leader.vault.thawStorage();
        expect(await person.exited).toBe(0);
      } finally {
        person.leaves();
        await leader.vault.thawStorage();
        await clients.stop();
      }
      const events = await place.journal();
      expect(conclusionOf(events, 'evidence')).toMatchObject({ outcome: 'stuck' });
      await expectReplaced(raft, { member: leader, uid, since }, events);
    },
  );

  test(
    'where two of three are stopped whole, one is brought back as approved, and with it the quorum',
    REPAIR,
    async () => {
      const leader = await raft.leader();
      const hung = raft.members.filter((it) => it !== leader);
      const uids = new Map(
        await Promise.all(hung.map(async (it) => [it.name, await raft.uidOf(it)] as const)),
      );
      const since = await raft.plane.audit.mark();
      await Promise.all(hung.map(({ vault }) => vault.stop()));
      const place = await bed.trusted(await withSnapshot());
      const command = [...RUNBOOK, '--set', 'soak=30s', '--json'];
      let first: string | undefined;
      try {
        const plan = await place.sre(...command, '--dry-run', '--out', 'plan.json');
        expect(plan.code).toBe(0);
        const [planned, ...more] = ofType(eventsOf(plan.stdout), 'action.planned');
        expect(more).toEqual([]);
        first = planned?.card.target.name ?? '';
        expect([...uids.keys()]).toContain(first);
        expect(planned?.card.warning).toContain('Quorum is already lost: 1 functional voters');
        expect(await raft.plane.audit.mutations(since, USERS.operator)).toEqual([]);
        const approved = ['--plan', 'plan.json', '--approve', `remove=${first}`];
        expect((await place.sre(...command, ...approved)).code).toBe(3);
      } finally {
        await Promise.all(
          hung.filter(({ name }) => name !== first).map(({ vault }) => vault.goOn()),
        );
      }
      const events = await place.journal();
      expect(conclusionOf(events, 'voters')).toMatchObject({ outcome: 'lost' });
      expect(expectAskedAndJudged(events)).toEqual(['kubectl.delete-pod']);
      expect(await expectOnlyDeletions(raft, since)).toEqual([uids.get(first)]);
      // With the second voter writes are taken again, and the third is no reason to delete anything.
      expect(conclusionOf(events, 'evidence')).toMatchObject({
        outcome: 'failed-member',
        because: expect.stringContaining('a canary write was acknowledged') as string,
      });
      await raft.settled();
    },
  );
});
