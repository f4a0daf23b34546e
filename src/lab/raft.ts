import type { Member, Pod, World } from './world.ts';

/** What can be said about the raft cluster of a world (COMMANDS A.2, A.5). */

/** Voters needed to elect a leader and to commit. */
export const quorum = (world: World): number => Math.floor(world.members.length / 2) + 1;

/** The raft server of that name; the lab's worlds always have it. */
export function memberOf(world: World, id: string): Member | undefined {
  return world.members.find((member) => member.id === id);
}

/** The pod whose process a raft server is, while the API still knows it. */
export const podOf = (world: World, member: Member): Pod | undefined =>
  world.pods.find((pod) => pod.uid === member.podUid);

/** Its process runs and schedules everything: it can vote, replicate and answer. */
export const able = (member: Member): boolean =>
  !member.sealed && (member.health === 'working' || member.health === 'slow');

const finds = (world: World, from: Member, id: string): boolean =>
  !from.unresolved.some((it) => it.id === id && it.until > world.at);

/** The able servers that one can call by name, itself among them: they vote for it and follow it. */
export const reached = (world: World, from: Member): readonly Member[] =>
  world.members.filter(
    (member) => able(member) && (member.id === from.id || finds(world, from, member.id)),
  );

/** Enough servers hear it to elect it and to commit what it writes. */
export const carried = (world: World, member: Member): boolean =>
  able(member) && reached(world, member).length >= quorum(world);

/** It leads and its heartbeats go on, whatever else it does not do (COMMANDS A.2: why no re-election in S1). */
export const beats = (member: Member): boolean =>
  member.role === 'leader' &&
  !member.sealed &&
  member.health !== 'gone' &&
  member.health !== 'frozen';

/** The server that its followers take for the leader. */
export const leaderOf = (world: World): Member | undefined =>
  world.members.filter(beats).toSorted((a, b) => b.term - a.term)[0];

/** The leader, if it serves requests: active, scheduling, backed by a quorum. */
export function serving(world: World): Member | undefined {
  const leader = leaderOf(world);
  return leader?.activeSince !== undefined && carried(world, leader) ? leader : undefined;
}

/** It takes part: able, and heard by the leader where there is one. */
export function takesPart(world: World, member: Member): boolean {
  const leader = leaderOf(world);
  return (
    able(member) &&
    (leader === undefined || member.id === leader.id || finds(world, leader, member.id))
  );
}

/** It does not answer although it has a process: what its peers complain about. */
export const hung = (member: Member): boolean =>
  member.health === 'silent' || member.health === 'frozen' || member.health === 'blocked';

/** The cluster address of a raft server (COMMANDS A.3). */
export const peerAddress = (id: string): string => `${id}.vault-internal:8201`;

/** What a leader advertises, and its followers keep. */
export const advert = (world: World, leader: Member): NonNullable<Member['knows']> => ({
  id: leader.id,
  ip: podOf(world, leader)?.ip ?? leader.knows?.ip ?? '',
});
