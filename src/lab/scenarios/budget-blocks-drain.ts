import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** A budget is asked by an eviction, and by nobody else (COMMANDS D.4, E). */
export const budgetBlocksDrain: Scenario = {
  id: 'budget-blocks-drain',
  runbook: 'kernel-nfs-reset',
  title: 'A disruption budget holds a pod where it is',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'traefik needs all three of its pods since the morning: its budget allows no disruption, so the one on k8s-node2 cannot be evicted.',
  make: (seed) => {
    const sick = zombieOnNode2(sharesOnNfs('budget-blocks-drain', seed, ago(35)), ago(28));
    return toStart({
      ...sick,
      budgets: sick.budgets.map((budget) =>
        budget.name === 'traefik' ? { ...budget, minAvailable: 3 } : budget,
      ),
    });
  },
  ends: 'resolved: the budget holds traefik on k8s-node2, which is said before the reset; one reset heals',
};
