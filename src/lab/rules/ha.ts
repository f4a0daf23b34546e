import { between } from '../chance.ts';
import { changeMember, changeMembers, label } from '../change.ts';
import { ACTIVATES, sayRoles, unsealed } from '../raft-lines.ts';
import { advert, carried, leaderOf, podOf, serving, takesPart } from '../raft.ts';
import type { World } from '../world.ts';
import type { Rule, Wanted } from './rule.ts';

/** Vault above raft: activation, unsealing, and the traffic of its clients. */

const activate =
  (id: string) =>
  (world: World): World => {
    const member = world.members.find((it) => it.id === id);
    if (member === undefined) return world;
    const knows = advert(world, member);
    const active = changeMembers(world, (it) => {
      if (it.id === id) return { ...it, activeSince: world.at, knows };
      return takesPart(world, it) ? { ...it, knows } : it;
    });
    return label(sayRoles(active, id, ACTIVATES), member.podUid, 'vault-active', 'true');
  };

/** A raft leader becomes active, unless its HA layer never does (DOMAIN 2.4, 10:48). */
export const activation: Rule = {
  wants: (world) => {
    const leader = leaderOf(world);
    if (leader === undefined || leader.activeSince !== undefined || leader.activates === 'never')
      return [];
    if (!carried(world, leader)) return [];
    return [
      {
        key: `activate:${leader.id}:${leader.term}`,
        after: [600, 2_000],
        deed: activate(leader.id),
      },
    ];
  },
};

/** The sidecar polls every 10 s and unseals (DOMAIN 1, Vault containers). */
export const unsealing: Rule = {
  wants: (world) =>
    world.members
      .filter(
        (member) =>
          world.unseals &&
          member.sealed &&
          member.health === 'working' &&
          podOf(world, member)?.deletion === undefined,
      )
      .map(({ id, podUid }): Wanted => ({
        key: `unseal:${podUid}`,
        after: [500, 10_000],
        deed: (now) => {
          const led = leaderOf(now);
          const found =
            led !== undefined && !led.unresolved.some((it) => it.id === id && it.until > now.at);
          const leader = found ? led : undefined;
          const open = changeMember(now, id, (it) => ({
            ...it,
            sealed: false,
            term: leader === undefined ? it.term : Math.max(it.term, leader.term),
            ...(leader === undefined ? {} : { knows: advert(now, leader) }),
          }));
          return label(sayRoles(open, id, unsealed(id)), podUid, 'vault-sealed', 'false');
        },
      })),
};

/** Clients write; followers that can hear the leader catch up. */
export const traffic: Rule = {
  wants: (world) => {
    const leader = serving(world);
    if (leader === undefined || leader.audit === 'fails') return [];
    return [
      {
        key: 'traffic',
        after: leader.health === 'slow' ? [15_000, 25_000] : [4_000, 6_000],
        deed: (now) => {
          const index = leader.index + between(1, 4, now.seed, 'traffic', now.at);
          return changeMembers(now, (member) =>
            takesPart(now, member)
              ? { ...member, index, term: leader.term, knows: advert(now, leader) }
              : member,
          );
        },
      },
    ];
  },
};
