import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { listPods } from '../tools/kubectl/pods.ts';
import { health } from '../tools/vault/proxy.ts';

/** The pod to be deleted, and what was counted when it was chosen. */
export interface Casualty {
  readonly name: string;
  readonly functionalWithout: number;
  readonly quorum: number;
  /** The voters, by pod name, without the one to be deleted. */
  readonly others: readonly string[];
}

/**
 * While quorum exists, a deletion must leave it; where the functional voters are already below it, only a voter that does
 * not work may go, and nothing gets worse (COMMANDS A.5). Asked anew, of every other voter, when the guard is judged.
 */
export function quorumStays(site: Site, casualty: Casualty): Guard {
  const { namespace, selector } = site.vault;
  return guard({
    name: 'quorum',
    observe: {
      pods: listPods(site.cluster, namespace, selector),
      own: health(site, { name: casualty.name }),
      others: Object.fromEntries(casualty.others.map((name) => [name, health(site, { name })])),
    },
    judge: ({ pods, own, others }): Verdict => {
      if (!pods.ok)
        return { verdict: 'unknown', because: `the pods could not be read: ${pods.says}` };
      const working = casualty.others.filter((name) => {
        const it = others[name];
        const pod = pods.value.find((p) => p.name === name);
        return it?.ok === true && !it.value.sealed && pod?.deletionTimestamp === undefined;
      });
      const count = `without ${casualty.name}: ${working.join(', ') || 'none'} = ${working.length}, quorum ${casualty.quorum}`;
      if (working.length >= casualty.quorum) return { verdict: 'holds', because: count };
      const alreadyLost = casualty.functionalWithout < casualty.quorum;
      if (!alreadyLost)
        return { verdict: 'fails', because: `${count}: deleting it would lose the quorum` };
      return own.ok && !own.value.sealed
        ? {
            verdict: 'fails',
            because: `${count}, and ${casualty.name} itself answers: a functional voter is never deleted`,
          }
        : {
            verdict: 'holds',
            because: `${count}: quorum is already lost, and ${casualty.name} does not work`,
          };
    },
  });
}

/** Refuses while another voter's pod is on its way out or in: never two voters at once (COMMANDS A.5). */
export function noOtherVoterDisturbed(site: Site, pod: string): Guard {
  const { namespace, selector } = site.vault;
  return guard({
    name: 'one voter at a time',
    observe: { pods: listPods(site.cluster, namespace, selector) },
    judge: ({ pods }): Verdict => {
      if (!pods.ok)
        return { verdict: 'unknown', because: `the pods could not be read: ${pods.says}` };
      const leaving = pods.value.filter((p) => p.name !== pod && p.deletionTimestamp !== undefined);
      return leaving.length === 0
        ? { verdict: 'holds', because: 'no other voter is being deleted' }
        : {
            verdict: 'fails',
            because: `${leaving.map((p) => p.name).join(', ')} is being deleted`,
          };
    },
  });
}
