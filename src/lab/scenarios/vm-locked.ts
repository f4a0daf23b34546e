import { changeVm } from '../power.ts';
import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** A lock is never skipped (COMMANDS D.1). */
export const vmLocked: Scenario = {
  id: 'vm-locked',
  runbook: 'kernel-nfs-reset',
  title: 'The machine is locked by a backup',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'VM 202 is being backed up since 09:10: whatever would switch it is refused.',
  make: (seed) => {
    const sick = zombieOnNode2(sharesOnNfs('vm-locked', seed, ago(35)), ago(28));
    return toStart(changeVm(sick, 202, (vm) => ({ ...vm, lock: 'backup' })));
  },
  ends: 'unsafe, the machine untouched: VM 202 is locked (backup)',
};
