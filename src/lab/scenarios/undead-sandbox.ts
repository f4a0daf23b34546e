import { reference } from '../cluster.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { crashLooping, orphan } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** crictl cannot end it, and a kubelet that starts anew does (DOMAIN 2.1 A3, 17 May). */
export const undeadSandbox: Scenario = {
  id: 'undead-sandbox',
  runbook: 'nfs-csi-recovery',
  title: 'The orphan cannot be stopped: unable to signal init',
  story:
    'On k8s-node2 an orphan sandbox holds the ports of the NFS CSI driver, and crictl is refused: unable to signal init: permission denied. ' +
    'No task of that node is in D state and none is a zombie. On 17 May a restart of the kubelet freed the ports within a minute.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'undead-sandbox',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const how = { createdAt: ago(33 * 60), undead: true };
    const left = orphan(healthy, 'k8s-node2', 'csi-node', how);
    const lives = { restarts: 16, lastAt: ago(2) };
    const looping = crashLooping(left, 'k8s-node2', 'csi-node', lives);
    const waiting = { nodes: ['k8s-node2'], apps: 5, replicas: 1, since: ago(70), laggards: 0 };
    return aged(toStart(waitingApps(looping, waiting)));
  },
  ends: 'resolved: stopping the sandbox is refuted, the kubelet is restarted, the port is free within a minute, and the driver registers',
};
