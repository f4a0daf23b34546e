import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import type { Placed } from './vantage.ts';
import { countVoters, roll, sayVoters, those } from './voters.ts';

/**
 * While Vault has its quorum, taking a node down must leave it; where it is lost already, only a node without a functional
 * voter may go, so that nothing gets worse (DOMAIN 2.0, hard refusals). A voter that is unknown never counts as working.
 */
export function vaultQuorumWithout(
  site: Site,
  pods: readonly Placed[],
  node: string,
  now: number,
): Guard {
  return guard({
    name: 'Vault quorum',
    observe: roll(site, pods, undefined),
    judge: (seen): Verdict => {
      if (pods.length === 0 && seen.pods.ok && seen.pods.value.length === 0)
        return { verdict: 'holds', because: 'no Vault pods are where the inventory says' };
      const voters = countVoters(seen, now);
      if (voters === undefined) {
        return {
          verdict: 'unknown',
          because: 'the voters could not be counted: pods or StatefulSet could not be read',
        };
      }
      const here = pods.filter((it) => it.node === node).map((it) => it.name);
      const working = those(voters, 'functional');
      const after = working.filter((name) => !here.includes(name));
      const said = sayVoters(voters);
      if (after.length >= voters.quorum) {
        return {
          verdict: 'holds',
          because: `without ${node}: ${after.join(', ')} = ${after.length}, quorum ${voters.quorum}`,
        };
      }
      if (after.length < working.length) {
        return { verdict: 'fails', because: `${node} carries a voter that is needed; ${said}` };
      }
      const doubtful = those(voters, 'unknown').filter((name) => here.includes(name));
      return doubtful.length > 0
        ? { verdict: 'unknown', because: `what ${doubtful.join(', ')} does is not known; ${said}` }
        : {
            verdict: 'holds',
            because: `quorum is lost already, and no functional voter is on ${node}; ${said}`,
          };
    },
  });
}
