import { reference } from '../cluster.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { crashLooping, orphan } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** One node, one leftover: the ladder's second rung (COMMANDS C.4; DOMAIN 2.1 A2). */
export const orphanSandbox: Scenario = {
  id: 'orphan-sandbox',
  runbook: 'nfs-csi-recovery',
  title: 'A sandbox that nobody knows holds the driver’s port on one node',
  story:
    'Since 07:50 the NFS CSI driver of k8s-node3 crash-loops: its ports are held by a sandbox whose pod was deleted then and is unknown to the API. ' +
    'Pods that come to k8s-node3 wait for their mounts; what is mounted goes on. The other nodes are well.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'orphan-sandbox',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const left = orphan(healthy, 'k8s-node3', 'csi-node', { createdAt: ago(26 * 60) });
    const looping = crashLooping(left, 'k8s-node3', 'csi-node', { restarts: 19, lastAt: ago(4) });
    const waiting = { nodes: ['k8s-node3'], apps: 4, replicas: 1, since: ago(80), laggards: 0 };
    return aged(toStart(waitingApps(looping, waiting)));
  },
  ends: 'resolved: the sandbox is stopped and removed, the port is free, the driver registers, and the waiting pods get their mounts',
};
