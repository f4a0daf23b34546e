import { calicoBroken } from './calico-broken.ts';
import { colocatedControllers } from './colocated-controllers.ts';
import { csiHealthy } from './csi-healthy.ts';
import { csiServerDown } from './csi-server-down.ts';
import { mysqlAlive } from './mysql-alive.ts';
import { nfsCsiRecovery } from './nfs-csi-recovery.ts';
import { orphanSandbox } from './orphan-sandbox.ts';
import { portFree } from './port-free.ts';
import { portZombie } from './port-zombie.ts';
import { registeredHangs } from './registered-hangs.ts';
import type { Scenario } from './scenario.ts';
import { undeadSandbox } from './undead-sandbox.ts';

/** What can be rehearsed of the NFS CSI driver; the first is the default. */
export const csiScenarios: readonly Scenario[] = [
  nfsCsiRecovery,
  orphanSandbox,
  undeadSandbox,
  colocatedControllers,
  portZombie,
  calicoBroken,
  registeredHangs,
  portFree,
  csiServerDown,
  mysqlAlive,
  csiHealthy,
];
