import { apiDown } from './api-down.ts';
import { april22 } from './april-22.ts';
import { blockStorage } from './block-storage.ts';
import { chownLoop } from './chown-loop.ts';
import { csiScenarios } from './csi.ts';
import { deadKubelet } from './dead-kubelet.ts';
import { forceDeletePoisons } from './force-delete-poisons.ts';
import { haNotActive } from './ha-not-active.ts';
import { healthy } from './healthy.ts';
import { kernelNfsScenarios } from './kernel-nfs.ts';
import { noToken } from './no-token.ts';
import { nxdomain } from './nxdomain.ts';
import { processFrozen } from './process-frozen.ts';
import { quorumLost } from './quorum-lost.ts';
import { regression } from './regression.ts';
import { sealed } from './sealed.ts';
import { slow } from './slow.ts';
import { standbyHung } from './standby-hung.ts';
import { storageBlocked } from './storage-blocked.ts';
import { stuckTerminating } from './stuck-terminating.ts';
import { vaultRaftDeadlock } from './vault-raft-deadlock.ts';
import { zombieTerminating } from './zombie-terminating.ts';
import type { Scenario } from './scenario.ts';

/** Every incident that can be rehearsed; the first is the default. */
export const scenarios: readonly Scenario[] = [
  vaultRaftDeadlock,
  april22,
  processFrozen,
  storageBlocked,
  slow,
  sealed,
  quorumLost,
  haNotActive,
  blockStorage,
  stuckTerminating,
  zombieTerminating,
  deadKubelet,
  forceDeletePoisons,
  nxdomain,
  noToken,
  apiDown,
  regression,
  chownLoop,
  standbyHung,
  healthy,
  ...kernelNfsScenarios,
  ...csiScenarios,
];

/** The scenario of that id. */
export const findScenario = (id: string): Scenario | undefined =>
  scenarios.find((scenario) => scenario.id === id);
