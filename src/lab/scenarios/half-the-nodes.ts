import { ill, sharesOnNfs, waitsForShare } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** Half the nodes at once is not a matter of nodes (COMMANDS F, global guards; DOMAIN 2.3). */
export const halfTheNodes: Scenario = {
  id: 'half-the-nodes',
  runbook: 'kernel-nfs-reset',
  title: 'Three of four workers hang at once',
  story:
    'At 09:10 a switch between the workers and the NFS server was replaced. k8s-node1, k8s-node2 and k8s-node3 cannot mount since, k8s-node4 can. ' +
    'So many at once are no coincidence of clients: whoever resets them one by one takes the cluster down.',
  make: (seed) => {
    const built = sharesOnNfs('half-the-nodes', seed, ago(12));
    const waiting = (
      [
        ['frigate', 'frigate'],
        ['grafana', 'grafana'],
        ['nextcloud', 'apache2'],
      ] as const
    ).reduce((world, [app, comm]) => waitsForShare(world, app, comm), built);
    const wedged = ['k8s-node1', 'k8s-node2', 'k8s-node3'].reduce(
      (world, node) => ill(world, node, { is: 'wedged', since: ago(10), heals: { it: 'never' } }),
      waiting,
    );
    return toStart(wedged);
  },
  ends: 'escalate, nothing touched: three of five nodes are stuck at once, which points to what they share',
};
