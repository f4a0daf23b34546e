import { guard } from '../runbook/runbook.ts';
import type { Guard, Verdict } from '../runbook/step.ts';
import { tasks } from '../tools/node/tasks.ts';

/**
 * Holds where a node on which the new pod may land can mount its volume: no `mount.nfs` is stuck there (COMMANDS B.5: that
 * state is the answer, no probe is needed). Block volumes do not depend on the node's NFS client.
 */
export function volumeMountable(backend: 'nfs' | 'block', nodes: readonly string[]): Guard {
  return guard({
    name: 'volume mountable',
    observe: {
      scans: backend === 'nfs' ? Object.fromEntries(nodes.map((n) => [n, tasks(n)])) : {},
    },
    judge: ({ scans }): Verdict => {
      if (backend === 'block')
        return { verdict: 'holds', because: 'block storage: no NFS client is involved' };
      const stuck = nodes.filter((n) => {
        const scan = scans[n];
        return (
          scan?.ok === true &&
          scan.value.tasks.some((t) => t.comm === 'mount.nfs' && t.state === 'D')
        );
      });
      const blind = nodes.filter((n) => scans[n]?.ok !== true);
      const free = nodes.filter((n) => !stuck.includes(n) && !blind.includes(n));
      if (free.length > 0) {
        return {
          verdict: 'holds',
          because: `no mount is stuck on ${free.join(', ')}${stuck.length > 0 ? `; stuck on ${stuck.join(', ')}` : ''}`,
        };
      }
      return blind.length > 0
        ? { verdict: 'unknown', because: `${blind.join(', ')} could not be looked at` }
        : {
            verdict: 'fails',
            because: `a mount.nfs is stuck on every node it may land on: ${stuck.join(', ')}`,
          };
    },
  });
}
