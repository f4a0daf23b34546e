import { reference } from '../cluster.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { crashLooping, withoutBird } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

const NODE = 'k8s-node2';

/** Calico first: any other order goes round in circles (DOMAIN 2.1, confirm 9 and traps; 25 May). */
export const calicoBroken: Scenario = {
  id: 'calico-broken',
  runbook: 'nfs-csi-recovery',
  title: 'The driver crash-loops because its node has no pod network',
  story:
    'On k8s-node2 Calico crash-loops since 08:30: BIRD does not come up. The NFS CSI driver there finds no route to the API server and crash-loops too; none of its ports is taken. ' +
    'A new Calico pod comes up within seconds.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'calico-broken',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const starved = withoutBird(healthy, NODE, { restarts: 14, lastAt: ago(4) });
    const looping = crashLooping(starved, NODE, 'csi-node', { restarts: 12, lastAt: ago(3) });
    const waiting = { nodes: [NODE], apps: 3, replicas: 1, since: ago(45), laggards: 0 };
    return aged(toStart(waitingApps(looping, waiting)));
  },
  ends: 'resolved: the Calico pod of k8s-node2 is deleted and comes back, then the driver registers',
};
