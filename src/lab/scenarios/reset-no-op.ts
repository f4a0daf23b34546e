import { changeVm } from '../power.ts';
import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** An exit code is no evidence (COMMANDS facts 1 and 2; DOMAIN 2.4, post-report). */
export const resetNoOp: Scenario = {
  id: 'reset-no-op',
  runbook: 'kernel-nfs-reset',
  title: 'The first reset exits 0 and does nothing',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'The first reset of VM 202 is taken and changes nothing, as on the day after the incident; the second works.',
  make: (seed) => {
    const sick = zombieOnNode2(sharesOnNfs('reset-no-op', seed, ago(35)), ago(28));
    return toStart(changeVm(sick, 202, (vm) => ({ ...vm, ignores: 1 })));
  },
  ends: 'resolved: the first reset is refuted by the boot ID, the second one is confirmed',
};
