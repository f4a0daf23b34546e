import { guard } from '../runbook/runbook.ts';
import type { Site } from '../runbook/site.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { listNodes } from '../tools/kubectl/nodes.ts';

/** Refuses while another node is not Ready or is cordoned: recovery itself broke one node after another (DOMAIN 2.3). */
export function oneNodeAtATime(site: Site, target: string): Guard {
  return guard({
    name: 'one node at a time',
    observe: { nodes: listNodes(site.cluster) },
    judge: ({ nodes }): Verdict => {
      if (!nodes.ok)
        return { verdict: 'unknown', because: `the nodes could not be read: ${nodes.says}` };
      const ill = nodes.value.filter(
        (n) => n.name !== target && (n.ready !== 'True' || n.unschedulable),
      );
      return ill.length === 0
        ? {
            verdict: 'holds',
            because: `every other node is Ready and schedulable (${nodes.value.length} nodes)`,
          }
        : {
            verdict: 'fails',
            because: ill
              .map((n) => `${n.name} is ${n.ready === 'True' ? 'cordoned' : `Ready=${n.ready}`}`)
              .join(', '),
          };
    },
  });
}
