import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { listNodes } from '../tools/kubectl/nodes.ts';
import { quorumOf } from './voters.ts';

/**
 * Refuses to take down the only control plane, or one of two: etcd keeps its quorum only while more than half of its members
 * stay (COMMANDS F: qm reset, not a control plane unless etcd's quorum holds).
 */
export function controlPlaneStays(site: Site, target: string): Guard {
  return guard({
    name: 'control plane stays',
    observe: { nodes: listNodes(site.cluster) },
    judge: ({ nodes }): Verdict => {
      if (!nodes.ok)
        return { verdict: 'unknown', because: `the nodes could not be read: ${nodes.says}` };
      const planes = nodes.value.filter((it) => it.controlPlane);
      if (!planes.some((it) => it.name === target))
        return { verdict: 'holds', because: `${target} is no control plane` };
      const left = planes.filter((it) => it.name !== target && it.ready === 'True');
      const quorum = quorumOf(planes.length);
      return left.length >= quorum
        ? {
            verdict: 'holds',
            because: `${left.length} of ${planes.length} control planes stay, quorum ${quorum}`,
          }
        : {
            verdict: 'fails',
            because:
              planes.length === 1
                ? `${target} is the only control plane: the cluster has no API without it`
                : `${left.length} of ${planes.length} control planes would stay, quorum ${quorum}`,
          };
    },
  });
}
