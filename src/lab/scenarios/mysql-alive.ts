import { reference } from '../cluster.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { lostMysql } from './csi-dependants.ts';
import { crashLooping, orphan } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

const NODE = 'k8s-node2';

/** `ContainerStatusUnknown` is no death certificate (COMMANDS C.4). */
export const mysqlAlive: Scenario = {
  id: 'mysql-alive',
  runbook: 'nfs-csi-recovery',
  title: 'MySQL looks dead, and its process still runs and has its lock',
  story:
    'On k8s-node2 an orphan holds the driver’s ports. mysql-standalone-0 on k8s-node3 is Failed, ContainerStatusUnknown: kubelet lost its container. ' +
    'The process of it runs on, and the NFS server has its lock on ibdata1. A second MySQL would be a second writer.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'mysql-alive',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const left = orphan(healthy, NODE, 'csi-node', { createdAt: ago(28 * 60) });
    const looping = crashLooping(left, NODE, 'csi-node', { restarts: 17, lastAt: ago(4) });
    const waiting = { nodes: [NODE], apps: 3, replicas: 1, since: ago(60), laggards: 0 };
    return aged(toStart(waitingApps(lostMysql(looping, 'alive'), waiting)));
  },
  ends: 'escalate: the driver is back on every node, and mysql-standalone-0 is left as it is: its process runs and holds the lock, so nothing of it is deleted',
};
