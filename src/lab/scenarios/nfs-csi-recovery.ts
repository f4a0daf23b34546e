import { reference } from '../cluster.ts';
import type { World } from '../world.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { lockedVault, lostMysql } from './csi-dependants.ts';
import { crashLooping, orphan } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** 47 h before: containerd was restarted under running pods (DOMAIN 2.4, 16 March). */
const SINCE = ago(47 * 60);

/** When the pods that were left behind came: after the last boot of every node, or a kubelet would have cleared them away. */
const BEFORE = SINCE - 6 * 3_600_000;

/** What was left on which node; on k8s-node3 the driver's port is free again. */
const LEFT = [
  ['k8s-node1', 'csi-node'],
  ['k8s-node2', 'csi-node'],
  ['k8s-node4', 'csi-node'],
  ['k8s-node1', 'csi-controller'],
  ['k8s-node3', 'csi-controller'],
  ['k8s-node1', 'speaker'],
  ['k8s-node2', 'speaker'],
  ['k8s-node3', 'speaker'],
] as const;

/** Who crash-loops, how often so far, and how many seconds ago the last time. */
const LOOPING = [
  ['k8s-node1', 'csi-node', 96, 140],
  ['k8s-node2', 'csi-node', 102, 75],
  ['k8s-node3', 'csi-node', 98, 20],
  ['k8s-node4', 'csi-node', 97, 210],
  ['k8s-node1', 'csi-controller', 99, 100],
  ['k8s-node3', 'csi-controller', 101, 45],
  ['k8s-node1', 'speaker', 88, 60],
  ['k8s-node2', 'speaker', 91, 180],
  ['k8s-node3', 'speaker', 90, 120],
] as const;

const FREE_AGAIN = { protocol: 'tcp', address: '127.0.0.1', port: 29_653 } as const;

function cascade(world: World): World {
  const left = LEFT.reduce<World>(
    (now, [node, kind]) => orphan(now, node, kind, { createdAt: BEFORE }),
    world,
  );
  return LOOPING.reduce<World>(
    (now, [node, kind, restarts, seconds]) =>
      crashLooping(now, node, kind, { restarts, lastAt: ago(seconds / 60) }, FREE_AGAIN),
    left,
  );
}

/** The incident of 16 March as it stood after two days (DOMAIN 2.1, 2.4). */
export const nfsCsiRecovery: Scenario = {
  id: 'nfs-csi-recovery',
  runbook: 'nfs-csi-recovery',
  title: 'The NFS CSI driver crash-loops on four of five nodes, and nobody noticed for 47 h',
  story:
    'Two days ago containerd was restarted under running pods, and left sandboxes behind that the API does not know. They hold the ports of the NFS CSI driver on most nodes, those of both its controllers, and that of three of four MetalLB speakers. ' +
    'Only k8s-master has the driver. Forty-four pods of twenty-two namespaces wait for a mount. MySQL is lost to its kubelet, and vault-1 cannot open its database: somebody else has the lock. Vault works with two of three.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'nfs-csi-recovery',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const locked = lockedVault(healthy, 'vault-1', 'k8s-node4', { restarts: 61, lastAt: ago(3) });
    const waiting = {
      nodes: ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'],
      apps: 22,
      replicas: 2,
      since: SINCE + 20 * 3_600_000,
      laggards: 3,
    };
    return aged(toStart(waitingApps(cascade(lostMysql(locked, 'dead')), waiting)));
  },
  ends: 'resolved: orphans are stopped and removed one node at a time, the driver is on five of five nodes, controllers and speakers are back, MySQL and vault-1 are up, no pod waits for a mount',
};
