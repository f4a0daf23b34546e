import { abandonedMount } from './abandoned-mount.ts';
import { aprilNodes } from './april-nodes.ts';
import { budgetBlocksDrain } from './budget-blocks-drain.ts';
import { controlPlane } from './control-plane.ts';
import { haManaged } from './ha-managed.ts';
import { halfTheNodes } from './half-the-nodes.ts';
import { kernelNfsReset } from './kernel-nfs-reset.ts';
import { kubeletDead } from './kubelet-dead.ts';
import { kubeletStale } from './kubelet-stale.ts';
import { namesSwapped } from './names-swapped.ts';
import { nfsHealthy } from './nfs-healthy.ts';
import { resetNoOp } from './reset-no-op.ts';
import { serverDown } from './server-down.ts';
import { serverGrace } from './server-grace.ts';
import { serverHung } from './server-hung.ts';
import { stuckMounts } from './stuck-mounts.ts';
import { vmLocked } from './vm-locked.ts';
import { vmPaused } from './vm-paused.ts';
import { wedgeHeals } from './wedge-heals.ts';
import { wrongBootDisk } from './wrong-boot-disk.ts';
import type { Scenario } from './scenario.ts';

/** What can be rehearsed of the kernel's NFS client; the first is the default. */
export const kernelNfsScenarios: readonly Scenario[] = [
  kernelNfsReset,
  abandonedMount,
  stuckMounts,
  wedgeHeals,
  aprilNodes,
  resetNoOp,
  vmPaused,
  wrongBootDisk,
  vmLocked,
  haManaged,
  namesSwapped,
  serverDown,
  serverHung,
  serverGrace,
  halfTheNodes,
  budgetBlocksDrain,
  kubeletDead,
  kubeletStale,
  controlPlane,
  nfsHealthy,
];
