import { changeMember, label, say } from '../change.ts';
import { AUDIT_FAILS } from '../raft-lines.ts';
import { serving } from '../raft.ts';
import type { Member, World } from '../world.ts';
import type { Rule, Wanted } from './rule.ts';

/** What a scenario has in store (DOMAIN 2.4). */

const breakAudit =
  (id: string) =>
  (world: World): World =>
    say(
      changeMember(world, id, (it) => ({ ...it, audit: 'fails' })),
      id,
      'ERROR',
      AUDIT_FAILS,
    );

function inactive(member: Member): Member {
  const { activeSince: _, ...rest } = member;
  return { ...rest, activates: 'never' };
}

/** The active server gives up: it stays raft leader and serves nobody (DOMAIN 2.2: it will regress). */
const loseHa =
  (id: string) =>
  (world: World): World => {
    const member = world.members.find((it) => it.id === id);
    if (member === undefined) return world;
    const lost = changeMember(world, id, inactive);
    const said = say(lost, id, 'WARN', 'core: leadership lost, stopping active operation');
    return label(said, member.podUid, 'vault-active', 'false');
  };

/** The storage under a new leader fails again after the first success (DOMAIN 2.4, 11:03 and 11:18). */
export const regression: Rule = {
  wants: (world) => {
    const after = world.plot.auditFailsAfterMs;
    const leader = serving(world);
    if (after === undefined || leader?.activeSince === undefined) return [];
    const { id, activeSince } = leader;
    if (leader.audit === 'ok') {
      return [{ key: `audit-fails:${id}`, at: activeSince + after, deed: breakAudit(id) }];
    }
    return [
      {
        key: `audit-says:${id}`,
        after: [8_000, 12_000],
        deed: (now) => say(now, id, 'ERROR', AUDIT_FAILS),
      },
      { key: `ha-lost:${id}`, after: [40_000, 60_000], deed: loseHa(id) },
    ];
  },
};

/** Trouble that begins at a given time. */
export const strikes: Rule = {
  wants: (world) =>
    world.plot.strikes.map((strike, i): Wanted => ({
      key: `strike:${strike.id}:${i}`,
      at: strike.at,
      deed: (now) => ({
        ...changeMember(now, strike.id, (it) => ({ ...it, health: strike.health })),
        plot: { ...now.plot, strikes: now.plot.strikes.filter((it) => it !== strike) },
      }),
    })),
};
