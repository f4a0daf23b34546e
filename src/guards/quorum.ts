import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { listPods } from '../tools/kubectl/pods.ts';
import type { Placed } from './vantage.ts';
import { countVoters, roll, sayVoters, those } from './voters.ts';

/** The pod to be deleted, and what was counted when it was chosen. */
export interface Casualty {
  readonly name: string;
  readonly functionalWithout: number;
  readonly quorum: number;
}

/**
 * While quorum exists, a deletion must leave it; where the functional voters are already below it, only a voter that does
 * not work may go, and nothing gets worse (COMMANDS A.5). Every voter is counted anew, by the same rule that chose the pod;
 * one that is unknown never counts as working, and never as lost either.
 */
export function quorumStays(
  site: Site,
  pods: readonly Placed[],
  casualty: Casualty,
  now: number,
): Guard {
  return guard({
    name: 'quorum',
    observe: roll(site, pods, undefined),
    judge: (seen): Verdict => {
      const voters = countVoters(seen, now);
      if (voters === undefined) {
        return {
          verdict: 'unknown',
          because: 'the voters could not be counted: pods or StatefulSet could not be read',
        };
      }
      const { name } = casualty;
      const said = sayVoters(voters);
      const quorum = Math.max(voters.quorum, casualty.quorum);
      const working = those(voters, 'functional').filter((n) => n !== name);
      if (working.length >= quorum) {
        return {
          verdict: 'holds',
          because: `without ${name}: ${working.join(', ')} = ${working.length}, quorum ${quorum}`,
        };
      }
      const standing = voters.standings[name];
      if (standing === undefined || standing.is === 'functional') {
        return {
          verdict: 'fails',
          because: `a functional voter is never deleted below quorum; ${said}`,
        };
      }
      if (casualty.functionalWithout >= casualty.quorum) {
        return {
          verdict: 'fails',
          because: `the others had the quorum when it was chosen, and have it no more; ${said}`,
        };
      }
      const unknown = those(voters, 'unknown').filter((n) => n !== name);
      if (standing.is === 'unknown' || working.length + unknown.length >= quorum) {
        return { verdict: 'unknown', because: `whether quorum is lost is not known; ${said}` };
      }
      return {
        verdict: 'holds',
        because: `quorum is already lost, and ${name} does not work; ${said}`,
      };
    },
  });
}

/**
 * Refuses while another voter's pod is on its way out or in: never two voters at once (COMMANDS A.5). A pod that has never
 * started is no voter yet, and deleting it takes none away: there the others' coming and going does not count.
 */
export function noOtherVoterDisturbed(site: Site, pod: string): Guard {
  const { namespace, selector } = site.vault;
  return guard({
    name: 'one voter at a time',
    observe: { pods: listPods(site.cluster, namespace, selector) },
    judge: ({ pods }): Verdict => {
      if (!pods.ok)
        return { verdict: 'unknown', because: `the pods could not be read: ${pods.says}` };
      const moving = pods.value.filter(
        (p) => p.name !== pod && (p.deletionTimestamp !== undefined || p.phase === 'Pending'),
      );
      const own = pods.value.find((p) => p.name === pod);
      if (moving.length > 0 && own?.phase === 'Pending') {
        return {
          verdict: 'holds',
          because: `${pod} has never started, so no voter goes with it (${moving.map((p) => p.name).join(', ')} ${moving.length === 1 ? 'is' : 'are'} on the way too)`,
        };
      }
      return moving.length === 0
        ? { verdict: 'holds', because: 'no other voter is on its way out or in' }
        : {
            verdict: 'fails',
            because: moving
              .map(
                (p) =>
                  `${p.name} is ${p.deletionTimestamp === undefined ? 'starting' : 'being deleted'}`,
              )
              .join(', '),
          };
    },
  });
}
