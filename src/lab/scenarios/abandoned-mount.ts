import { poisoned, stuckMount } from '../rules/stuck-mount.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { goneUid, nodeNamed, sharesOnNfs, withVersion } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

const NODE = 'k8s-node4';

/** Case P of COMMANDS B.7: the set-up of a client that never ends (COMMANDS 0.3; lab 09, 10). */
export const abandonedMount: Scenario = {
  id: 'abandoned-mount',
  runbook: 'kernel-nfs-reset',
  title: 'One abandoned mount holds up every other on its node',
  story:
    'At 08:40 the driver on k8s-node4 gave up a mount after 110 s and left its mount.nfs behind: it sets up the node’s client for 4.2 and waits for an answer that was lost. ' +
    'Every mount that needs a new client queues behind it; what technitium has mounted with 4.1 is fine. Two pods wait there since 09:00. The server is well.',
  make: (seed) => {
    const built = sharesOnNfs('abandoned-mount', seed, ago(21));
    const older = withVersion(built, NODE, '4.1');
    const early = { ...older, at: ago(40) };
    const mount = stuckMount(early, nodeNamed(older, NODE), goneUid(older, NODE), 'set-up');
    const held = poisoned(older, NODE, mount);
    const waiting = { nodes: [NODE], apps: 2, replicas: 1, since: ago(20), laggards: 0 };
    return aged(toStart(waitingApps(held, waiting)));
  },
  ends: 'resolved: one SIGKILL to the abandoned mount.nfs, and the waiting pods mount; no reset',
};
