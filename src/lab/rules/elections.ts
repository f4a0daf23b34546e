import { between } from '../chance.ts';
import { changeMember, changeMembers, label, say } from '../change.ts';
import { sayRoles, stands, wins } from '../raft-lines.ts';
import { able, carried, leaderOf, reached } from '../raft.ts';
import type { World } from '../world.ts';
import type { Rule } from './rule.ts';

/** Raft's elections and leases (COMMANDS A.2: why there is no election while heartbeats go on, and timings). */

const highestTerm = (world: World): number =>
  Math.max(...world.members.map((member) => member.term));

function elect(world: World): World {
  const candidates = world.members.filter((member) => carried(world, member));
  const best = Math.max(...candidates.map((member) => member.index));
  const first = candidates.filter((member) => member.index === best);
  const winner = first[between(0, first.length - 1, world.seed, 'winner', world.at)];
  if (winner === undefined) return world;
  const voters = reached(world, winner);
  const term = highestTerm(world) + 1;
  const led = changeMembers(world, (member) => {
    if (member.id === winner.id) return { ...member, role: 'leader', term };
    return voters.some((it) => it.id === member.id)
      ? { ...member, role: 'follower', term }
      : { ...member, role: 'follower' };
  });
  const stood = stands(winner.id, winner.knows?.id, term);
  const said = sayRoles(led, winner.id, [...stood, ...wins(winner.id, term, voters.length)]);
  return dropActive(said, winner.id);
}

/** A server that no longer leads stops being active; one that schedules nothing cannot say so (COMMANDS A.6). */
function dropActive(world: World, leader: string): World {
  return world.members.reduce((now, member) => {
    if (member.id === leader || member.activeSince === undefined) return now;
    const { activeSince: _, ...rest } = member;
    const dropped = changeMember(now, member.id, () => rest);
    return able(member) ? label(dropped, member.podUid, 'vault-active', 'false') : dropped;
  }, world);
}

const campaign =
  (id: string) =>
  (world: World): World => {
    const member = world.members.find((it) => it.id === id);
    const term = highestTerm(world) + 1;
    const stood = changeMember(world, id, (it) => ({ ...it, term }));
    return sayRoles(stood, id, stands(id, member?.knows?.id, term));
  };

/** Followers elect 5–10 s after heartbeats stop, if enough can vote; else they stand again and again. */
export const elections: Rule = {
  wants: (world) => {
    if (leaderOf(world) !== undefined) return [];
    const after = world.plot.electionMs ?? ([5_000, 10_000] as const);
    if (world.members.some((member) => carried(world, member))) {
      return [{ key: 'elect', after, deed: elect }];
    }
    return world.members.filter(able).map((member) => ({
      key: `campaign:${member.id}`,
      after,
      deed: campaign(member.id),
    }));
  },
};

/** A leader that hears too few voters steps down after its lease (COMMANDS A.2, timings). */
export const lease: Rule = {
  wants: (world) => {
    const leader = leaderOf(world);
    if (leader === undefined || !able(leader) || carried(world, leader)) return [];
    return [
      {
        key: `lease:${leader.id}`,
        after: [2_500, 5_000],
        deed: (now) => {
          const down = changeMember(now, leader.id, (it) => ({ ...it, role: 'follower' }));
          const said = say(
            down,
            leader.id,
            'WARN',
            'storage.raft: failed to contact quorum of nodes, stepping down',
          );
          return dropActive(said, '');
        },
      },
    ];
  },
};
