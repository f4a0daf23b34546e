import { reference } from '../cluster.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { crashLooping } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

const NODE = 'k8s-node1';

/** Nothing holds the port any more: only kubelet's back-off is left (COMMANDS C.3, C.4: skip to 1). */
export const portFree: Scenario = {
  id: 'port-free',
  runbook: 'nfs-csi-recovery',
  title: 'The port is free again, and the driver still waits',
  story:
    'The driver of k8s-node1 crash-looped on port 29653 all morning. Whatever had the port is gone since a moment ago, and kubelet waits five minutes before it tries again. ' +
    'Deleting the pod brings the driver back at once.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'port-free',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const lives = { restarts: 24, lastAt: ago(0.2) };
    const port = { protocol: 'tcp', address: '127.0.0.1', port: 29_653 } as const;
    const looping = crashLooping(healthy, NODE, 'csi-node', lives, port);
    const waiting = { nodes: [NODE], apps: 3, replicas: 1, since: ago(90), laggards: 1 };
    return aged(toStart(waitingApps(looping, waiting)));
  },
  ends: 'resolved: the pod of the driver on k8s-node1 is deleted once, and registers',
};
