import { poisoned, stuckMount } from '../rules/stuck-mount.ts';
import { START } from '../start.ts';
import { waitingApps } from './csi-apps.ts';
import {
  goneUid,
  nodeNamed,
  runsApp,
  sharesOnNfs,
  withVersion,
  zombieOnNode2,
} from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, plot, toStart } from './stage.ts';

const POISONED = 'k8s-node4';

/** Nodes that get ill one after the other (DOMAIN 2.3: one at a time; 2.4, 10:42 to 11:42). */
export const aprilNodes: Scenario = {
  id: 'april-nodes',
  runbook: 'kernel-nfs-reset',
  title: '22 April again: three nodes, one after the other',
  story:
    'k8s-node2 has a zombie with a thread in D state since 08:52, after a forced delete of paperless. On k8s-node4 an abandoned mount.nfs holds up all others since 08:40. ' +
    'And k8s-node3 is going to follow: its client wedges at 09:27, and once more after its first reset, as on the day (11:01 and 11:42).',
  make: (seed) => {
    const shares = sharesOnNfs('april-nodes', seed, ago(41));
    const built = runsApp(withVersion(shares, POISONED, '4.1'), 'nextcloud', 'apache2');
    const early = { ...built, at: ago(40) };
    const mount = stuckMount(early, nodeNamed(built, POISONED), goneUid(built, POISONED), 'set-up');
    const waiting = { nodes: [POISONED], apps: 1, replicas: 1, since: ago(20), laggards: 0 };
    const both = waitingApps(zombieOnNode2(poisoned(built, POISONED, mount), ago(28)), waiting);
    return toStart(
      plot(both, {
        wedges: [{ at: START + 7 * 60_000, node: 'k8s-node3' }],
        wedgesAgain: { 'k8s-node3': 1 },
      }),
    );
  },
  ends: 'resolved: VM 202 is reset once, one mount.nfs is killed on k8s-node4, VM 203 is reset twice; one node at a time',
};
