import { killedInD } from '../rules/kubelet.ts';
import { step } from '../step.ts';
import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** A kubelet that was restarted beside a task in D (DOMAIN 2.0; 2.4, 10:34). */
export const kubeletDead: Scenario = {
  id: 'kubelet-dead',
  runbook: 'kernel-nfs-reset',
  title: 'The kubelet of the sick node is a zombie itself',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'At 09:08 somebody restarted the kubelet there: it is a zombie itself, holds its port, and the node is not Ready. Nothing can be moved away.',
  make: (seed) => {
    const sick = zombieOnNode2(sharesOnNfs('kubelet-dead', seed, ago(35)), ago(28));
    return toStart(killedInD(step(sick, ago(12)), 'k8s-node2'));
  },
  ends: 'resolved: no drain, one reset heals node and kubelet',
};
