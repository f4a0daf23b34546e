import type { Leader, PodRef, Victim } from '../facts.ts';
import { sayVoters } from './voters.ts';
import type { Voters } from './voters.ts';

/** Which pod may go, if any (COMMANDS A.5). */
export type Choice =
  | { readonly is: 'kept' | 'lost'; readonly victim: Victim; readonly because: string }
  | { readonly is: 'terminating'; readonly victim: Victim; readonly because: string }
  | { readonly is: 'refused' | 'nothing-to-remove'; readonly because: string };

const STATE: Readonly<Record<Leader['state'], string>> = {
  silent: 'it leads the raft, opens TCP and answers nothing',
  storage: 'it leads the raft and takes no write',
  'ha-inactive': 'it leads the raft and never became active',
};

/**
 * While the functional voters without the leader make a quorum, the leader may go. Where they are below it already, a
 * voter that does not work may go: one at a time, non-leaders first, and never one that is only sealed or behind, which
 * a deletion does not heal.
 */
export function chooseVictim(
  pods: readonly PodRef[],
  voters: Voters,
  leader: Leader | undefined,
  terminating: readonly string[],
): Choice {
  const said = sayVoters(voters);
  const counted = { quorum: voters.quorum };
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
    functionalWithout: voters.functional.filter((n) => n !== pod.name).length,
    ...counted,
  });
  const leaving = pods.find((p) => terminating.includes(p.name));
  if (leaving !== undefined) {
    const because = `${leaving.name} is already being deleted; ${said}`;
    return { is: 'terminating', victim: victimOf(leaving, 'voter', 'down', because), because };
  }
  const without = voters.functional.filter((n) => n !== leader?.pod.name);
  if (leader !== undefined && without.length >= voters.quorum) {
    const because = `without ${leader.pod.name}, ${without.length} of ${voters.names.length} voters work, and quorum is ${voters.quorum}; ${said}`;
    return {
      is: 'kept',
      victim: victimOf(leader.pod, 'leader', leader.state, STATE[leader.state]),
      because,
    };
  }
  if (voters.functional.length >= voters.quorum) {
    return leader === undefined
      ? {
          is: 'nothing-to-remove',
          because: `the voters could elect and do not: deleting one of them elects nobody; ${said}`,
        }
      : {
          is: 'refused',
          because: `without ${leader.pod.name} the quorum would be lost; repair another voter first; ${said}`,
        };
  }
  const candidates = pods.filter((p) => {
    const fault = voters.others[p.name];
    return fault !== undefined && !/sealed|behind/.test(fault);
  });
  const first = candidates.find((p) => p.name !== leader?.pod.name) ?? candidates[0];
  if (first === undefined) {
    return {
      is: 'refused',
      because: `quorum is lost, and no voter is left that a deletion could heal; ${said}`,
    };
  }
  const because = `quorum is already lost; ${first.name} does not work (${voters.others[first.name] ?? 'unknown'}); ${said}`;
  return { is: 'lost', victim: victimOf(first, 'voter', 'down', because), because };
}
