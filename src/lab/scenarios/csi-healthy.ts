import { reference } from '../cluster.ts';
import type { Scenario } from './scenario.ts';
import { toStart } from './stage.ts';

/** The driver is on every node (DOMAIN 2.1, confirm 2). */
export const csiHealthy: Scenario = {
  id: 'csi-healthy',
  runbook: 'nfs-csi-recovery',
  title: 'The NFS CSI driver is registered everywhere',
  story:
    'The driver’s pods are 3/3 on all five nodes, both controllers are 5/5, all speakers are up, and no pod waits for a mount. ' +
    'There is nothing to recover, and a runbook that recovers something here is wrong.',
  make: (seed) =>
    toStart(reference({ scenario: 'csi-healthy', seed, fsGroupChangePolicy: 'OnRootMismatch' })),
  ends: 'not-this-incident: the driver is registered on every node',
};
