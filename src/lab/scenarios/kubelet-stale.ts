import { changeNode } from '../change.ts';
import { sharesOnNfs } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** A kubelet may be restarted where no task is in D and no zombie is (DOMAIN 2.0). */
export const kubeletStale: Scenario = {
  id: 'kubelet-stale',
  runbook: 'kernel-nfs-reset',
  title: 'The kubelet is silent, and NFS is well',
  story:
    'The kubelet of k8s-node3 says nothing since 09:13, and the node is not Ready. No task is in D state, no zombie is there, and a test mount works at once.',
  make: (seed) => {
    const built = sharesOnNfs('kubelet-stale', seed, ago(8));
    return toStart(
      changeNode(built, 'k8s-node3', (node) => ({
        ...node,
        kubelet: 'hung',
        kubeletSince: ago(7),
      })),
    );
  },
  ends: 'resolved: the kubelet is restarted, the node is Ready; nothing is reset',
};
