import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** The incident of 22 April as it was on one node (DOMAIN 2.3, 2.4; COMMANDS B.3, B.7): only a reset clears it. */
export const kernelNfsReset: Scenario = {
  id: 'kernel-nfs-reset',
  runbook: 'kernel-nfs-reset',
  title: 'A forced delete left a zombie, and nothing mounts on that node',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'Every new mount on k8s-node2 hangs; what is mounted there waits. Its kubelet is well, and pods without a share can be moved away. The NFS server and the other nodes are not touched.',
  make: (seed) => toStart(zombieOnNode2(sharesOnNfs('kernel-nfs-reset', seed, ago(35)), ago(28))),
  ends: 'resolved: k8s-node2 is cordoned, pods without a share are moved, VM 202 is reset once, the node mounts again and is uncordoned',
};
