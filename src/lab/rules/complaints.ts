import { say } from '../change.ts';
import { complaint, missing, UNFORWARDED, unresolved } from '../raft-lines.ts';
import { able, hung, leaderOf } from '../raft.ts';
import type { Member, World } from '../world.ts';
import type { Rule, Wanted } from './rule.ts';

/** What the servers write about each other (DOMAIN 2.2, symptoms; COMMANDS A.4, L3). */

/** Standbys about a hung leader, a leader about its absent peers, and everyone about a name that DNS hides. */
export const complaints: Rule = {
  wants: (world) => {
    const leader = leaderOf(world);
    return world.members.filter(able).flatMap((from): readonly Wanted[] =>
      world.members.flatMap((about): readonly Wanted[] => {
        if (about.id === from.id) return [];
        const lines = linesAbout(world, from, about, leader);
        if (lines === undefined) return [];
        return [
          {
            key: `complain:${from.id}:${about.id}`,
            after: [2_000, 5_000],
            deed: (now) =>
              lines(now).reduce((then, line) => say(then, from.id, 'ERROR', line), now),
          },
        ];
      }),
    );
  },
};

function linesAbout(
  world: World,
  from: Member,
  about: Member,
  leader: Member | undefined,
): ((now: World) => readonly string[]) | undefined {
  const led = leader === undefined || leader.id === from.id;
  if (led && from.unresolved.some((it) => it.id === about.id && it.until > world.at)) {
    return () => [unresolved(about.id)];
  }
  if (about.health === 'blocked') return () => UNFORWARDED;
  if (hung(about) && (led || leader.id === about.id)) return (now) => [complaint(now, from, about)];
  if (about.health === 'gone' && led) return (now) => [missing(now, about)];
  return undefined;
}
