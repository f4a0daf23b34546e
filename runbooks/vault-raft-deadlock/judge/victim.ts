import { sayVoters, those } from '../../../src/guards/voters.ts';
import type { Voters } from '../../../src/guards/voters.ts';
import type { PodRef } from '../../../src/runbook/references.ts';
import type { Leader, Victim } from '../facts.ts';

/** Which pod may go, if any (COMMANDS A.5). */
export type Choice =
  | {
      readonly is: 'kept' | 'lost' | 'terminating';
      readonly victim: Victim;
      readonly because: string;
    }
  | { readonly is: 'refused' | 'nothing-to-remove'; readonly because: string };

const STATE: Readonly<Record<Leader['state'], string>> = {
  silent: 'it leads the raft, opens TCP and answers nothing',
  storage: 'it leads the raft and takes no write',
  'ha-inactive': 'it leads the raft and never became active',
};

/**
 * While the functional voters without the leader make a quorum, the leader may go. Where they are below it already, even
 * if every unknown one worked, a voter that does not work may go: one at a time, non-leaders first, and never one that a
 * deletion does not heal (sealed, behind, starting). Where unsealing or waiting would bring the quorum back, nothing goes.
 */
export function chooseVictim(
  pods: readonly PodRef[],
  voters: Voters,
  leader: Leader | null,
  terminating: readonly string[],
): Choice {
  const said = sayVoters(voters);
  const working = those(voters, 'functional');
  const unknown = those(voters, 'unknown');
  const { quorum, standings } = voters;
  const victimOf = (
    pod: PodRef,
    role: Victim['role'],
    state: Victim['state'],
    because: string,
  ): Victim => ({
    pod,
    role,
    state,
    because,
    unproven: role === 'leader' && leader?.proven === false,
    functionalWithout: working.filter((n) => n !== pod.name).length,
    quorum,
  });
  const leaving = pods.find((p) => terminating.includes(p.name));
  if (leaving !== undefined) {
    const because = `${leaving.name} is already being deleted; ${said}`;
    return { is: 'terminating', victim: victimOf(leaving, 'voter', 'down', because), because };
  }
  const without = working.filter((n) => n !== leader?.pod.name);
  if (leader !== null && without.length >= quorum) {
    const total = Object.keys(standings).length;
    const because = `without ${leader.pod.name}, ${without.length} of ${total} voters work, and quorum is ${quorum}; ${said}`;
    const victim = victimOf(leader.pod, 'leader', leader.state, STATE[leader.state]);
    return { is: 'kept', victim, because };
  }
  if (working.length >= quorum) {
    return leader === null
      ? {
          is: 'nothing-to-remove',
          because: `the voters could elect and do not: deleting one of them elects nobody; ${said}`,
        }
      : {
          is: 'refused',
          because: `without ${leader.pod.name} the quorum would be lost; repair another voter first; ${said}`,
        };
  }
  if (working.length + unknown.length >= quorum) {
    return { is: 'refused', because: `whether quorum is lost is not known; ${said}` };
  }
  const waiting = Object.entries(standings).flatMap(([name, it]) =>
    it.is === 'faulty' && !it.healedByDeletion && name !== leader?.pod.name ? [name] : [],
  );
  if (working.length + waiting.length >= quorum) {
    return {
      is: 'refused',
      because: `quorum comes back without a deletion: unseal, wait for or repair ${waiting.join(', ')}; ${said}`,
    };
  }
  const candidates = pods.filter((p) => {
    const it = standings[p.name];
    return it?.is === 'faulty' && it.healedByDeletion;
  });
  const first = candidates.find((p) => p.name !== leader?.pod.name) ?? candidates[0];
  const standing = first === undefined ? undefined : standings[first.name];
  if (first === undefined || standing?.is !== 'faulty') {
    return {
      is: 'refused',
      because: `quorum is lost, and no voter is left that a deletion could heal; ${said}`,
    };
  }
  const because = `quorum is already lost; ${first.name} does not work (${standing.why}); ${said}`;
  return { is: 'lost', victim: victimOf(first, 'voter', 'down', because), because };
}
