import { reference } from '../cluster.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { crashLooping, orphan } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** The server refuses everybody: nothing on the nodes is worth touching before it is back (COMMANDS C.4, gate; B.7). */
export const csiServerDown: Scenario = {
  id: 'csi-server-down',
  runbook: 'nfs-csi-recovery',
  title: 'The NFS server refuses connections, and a driver crash-loops beside that',
  story:
    'nfsd on pve is stopped since 08:55: every new mount on every node is refused. On k8s-node2 an orphan holds the driver’s ports as well. ' +
    'Vault lies on block storage here, and is well.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'csi-server-down',
      seed,
      backend: 'block',
      shares: 'nfs',
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const down = {
      ...healthy,
      nfsServer: { ...healthy.nfsServer, state: 'stopped' as const, threads: 0 },
    };
    const left = orphan(down, 'k8s-node2', 'csi-node', { createdAt: ago(29 * 60) });
    const lives = { restarts: 15, lastAt: ago(3) };
    const looping = crashLooping(left, 'k8s-node2', 'csi-node', lives);
    const waiting = {
      nodes: ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'],
      apps: 8,
      replicas: 1,
      since: ago(25),
      laggards: 0,
    };
    return aged(toStart(waitingApps(looping, waiting)));
  },
  ends: 'escalate, nothing touched: the NFS server refuses every node',
};
