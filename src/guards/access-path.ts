import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard } from '../runbook/step.ts';

/** Refuses a target on a node through which the operator's own way in leads: the branch one sits on is not sawn off. */
export function notOurAccessPath(site: Site, node: string): Guard {
  return guard({
    name: 'access path',
    observe: {},
    judge: () =>
      site.accessPath.includes(node)
        ? {
            verdict: 'fails',
            because: `${node} carries the operator's own way in (inventory: accessPath)`,
          }
        : { verdict: 'holds', because: `the operator's way in does not lead over ${node}` },
  });
}
