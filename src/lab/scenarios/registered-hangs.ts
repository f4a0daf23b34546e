import { uuid } from '../chance.ts';
import { reference } from '../cluster.ts';
import { poisoned, stuckMount } from '../rules/stuck-mount.ts';
import { aged, waitingApps } from './csi-apps.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

const NODE = 'k8s-node3';

/** Registered, and mounts time out: the kernel's client, and another runbook (DOMAIN 2.1, decision points; COMMANDS B.7 P). */
export const registeredHangs: Scenario = {
  id: 'registered-hangs',
  runbook: 'nfs-csi-recovery',
  title: 'The driver is registered, and mounts on one node still hang',
  story:
    'Pods that come to k8s-node3 wait since 08:20 for mounts that time out after 110 s. The driver is registered there as everywhere, and no port is contested: an abandoned mount.nfs holds up the node’s NFS client. ' +
    'That is for kernel-nfs-reset.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'registered-hangs',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const node = healthy.nodes.find((it) => it.name === NODE);
    if (node === undefined) throw new Error(`the lab has no node ${NODE}`);
    const early = { ...healthy, at: ago(62) };
    const mount = stuckMount(early, node, uuid(seed, 'abandoned'), 'set-up');
    const held = poisoned(healthy, NODE, mount);
    const waiting = { nodes: [NODE], apps: 4, replicas: 1, since: ago(60), laggards: 0 };
    return aged(toStart(waitingApps(held, waiting)));
  },
  ends: 'resolved through kernel-nfs-reset: the abandoned mount.nfs on k8s-node3 is killed, and the waiting pods get their mounts',
};
