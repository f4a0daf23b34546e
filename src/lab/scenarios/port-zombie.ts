import { reference } from '../cluster.ts';
import { changeNode } from '../change.ts';
import type { Process, World } from '../world.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { crashLooping, orphan } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, poison, toStart } from './stage.ts';

const NODE = 'k8s-node4';

/** Killed, and held by a thread in D: it shows no descriptor, and has its port (COMMANDS B.3, C.3; lab 07). */
const halfDead = (process: Process): Process => ({
  ...process,
  killAt: ago(50),
  stuck: { tid: process.pid + 3, wchan: 'folio_wait_bit_common', until: { it: 'never' } },
});

const struck = (world: World): World =>
  changeNode(world, NODE, (node) => ({
    ...node,
    processes: node.processes.map((process) =>
      process.comm === 'livenessprobe' ? halfDead(process) : process,
    ),
  }));

/** What no command on the node ends: the port is the kernel's until a reset (COMMANDS C.4, rung 5). */
export const portZombie: Scenario = {
  id: 'port-zombie',
  runbook: 'nfs-csi-recovery',
  title: 'A zombie with a thread in D holds the driver’s port',
  story:
    'On k8s-node4 somebody killed the leftover process that held port 29653. It became a zombie with a thread that waits for NFS for ever, and the port is still taken: ss shows a listener and no owner. ' +
    'New 4.2 mounts on that node hang as well. Only a reset of k8s-node4 ends that.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'port-zombie',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const how = { createdAt: ago(30 * 60), containers: ['liveness-probe'] };
    const left = struck(orphan(healthy, NODE, 'csi-node', how));
    const looping = crashLooping(poison(left, NODE), NODE, 'csi-node', {
      restarts: 14,
      lastAt: ago(4),
    });
    const waiting = { nodes: [NODE], apps: 4, replicas: 1, since: ago(55), laggards: 0 };
    return aged(toStart(waitingApps(looping, waiting)));
  },
  ends: 'resolved: k8s-node4 is reset through kernel-nfs-reset, and the driver registers there',
};
