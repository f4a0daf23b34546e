import { backupOnMaster, forcedAway, sharesOnNfs } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** A control plane node is never acted on implicitly (COMMANDS F: global guards). */
export const controlPlane: Scenario = {
  id: 'control-plane',
  runbook: 'kernel-nfs-reset',
  title: 'The sick node is the only control plane',
  story:
    'At 08:52 the pod that backs up etcd was forced away on k8s-master; it left a zombie with a thread in D state, and nothing mounts there. ' +
    'k8s-master is the only control plane: its reset takes the API away for a minute, and etcd has no other member.',
  make: (seed) => {
    const built = backupOnMaster(sharesOnNfs('control-plane', seed, ago(35)));
    return toStart(forcedAway(built, { app: 'etcd-backup', comm: 'etcdctl', at: ago(28) }));
  },
  ends: 'unsafe, the machine untouched: k8s-master is the only control plane',
};
