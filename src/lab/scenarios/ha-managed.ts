import { changeVm } from '../power.ts';
import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** A reset is not HA-aware, a stop is asynchronous (COMMANDS D.1). */
export const haManaged: Scenario = {
  id: 'ha-managed',
  runbook: 'kernel-nfs-reset',
  title: 'The machine is managed by HA',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'VM 202 is managed by HA: a stop or a start is a wish to its manager, which comes to it when it does, and a reset goes past it.',
  make: (seed) => {
    const sick = zombieOnNode2(sharesOnNfs('ha-managed', seed, ago(35)), ago(28));
    return toStart(changeVm(sick, 202, (vm) => ({ ...vm, ha: true })));
  },
  ends: 'unsafe, the machine untouched: VM 202 is managed by HA',
};
