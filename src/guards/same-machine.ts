import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { getNode } from '../tools/kubectl/nodes.ts';
import { identity } from '../tools/node/identity.ts';

/**
 * Holds where the machine that SSH reaches under a node's name is the one that the API calls so: both tell the same boot
 * ID. An address of the inventory may be wrong, and one of the last good discovery may be stale.
 */
export function sameMachine(site: Site, node: string): Guard {
  return guard({
    name: 'right machine',
    observe: { node: getNode(site.cluster, node), machine: identity({ on: 'node', node }) },
    judge: ({ node: known, machine }): Verdict => {
      if (!known.ok)
        return { verdict: 'unknown', because: `node ${node} could not be read: ${known.says}` };
      if (!machine.ok)
        return {
          verdict: 'unknown',
          because: `${node} could not be asked for its boot ID: ${machine.says}`,
        };
      return known.value?.bootID === machine.value.bootId
        ? {
            verdict: 'holds',
            because: `boot ID ${machine.value.bootId} on the machine and in the API`,
          }
        : {
            verdict: 'fails',
            because: `the machine reached as ${node} has boot ID ${machine.value.bootId}, the API knows ${known.value?.bootID ?? 'no such node'}`,
          };
    },
  });
}
