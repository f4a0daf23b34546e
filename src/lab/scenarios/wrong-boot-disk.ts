import { changeVm } from '../power.ts';
import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** The first cold start after 630 days fell into iPXE (DOMAIN 2.3; COMMANDS D.3). */
export const wrongBootDisk: Scenario = {
  id: 'wrong-boot-disk',
  runbook: 'kernel-nfs-reset',
  title: 'Resets do nothing, and a cold start would find no system',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'Resets of VM 202 exit 0 and change nothing. Its configuration still says bootdisk: scsi0, and the system is on scsi1: stopped and started, it would not come up.',
  make: (seed) => {
    const sick = zombieOnNode2(sharesOnNfs('wrong-boot-disk', seed, ago(35)), ago(28));
    return toStart(
      changeVm(sick, 202, (vm) => {
        const { boot: _, disks, ...rest } = vm;
        const { scsi0 = '', ...others } = disks;
        return {
          ...rest,
          bootdisk: 'scsi0',
          disks: { scsi1: scsi0, ...others },
          osDisk: 'scsi1',
          ignores: 99,
        };
      }),
    );
  },
  ends: 'unsafe: two resets did nothing, and a stop and start is refused for the boot disk; k8s-node2 stays cordoned',
};
