import { changeVm } from '../power.ts';
import type { World } from '../world.ts';
import { sharesOnNfs, zombieOnNode2 } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

const named = (world: World, vmid: number, name: string): World =>
  changeVm(world, vmid, (vm) => ({ ...vm, name }));

/** Two facts that disagree refuse a target (COMMANDS D.2; DESIGN, promise 6). */
export const namesSwapped: Scenario = {
  id: 'names-swapped',
  runbook: 'kernel-nfs-reset',
  title: 'Two machines have each other’s names',
  story:
    'At 08:50 a pod of paperless hung on its share on k8s-node2, and at 08:52 somebody forced it away. Its process is a zombie with a thread in D state, and the next pod waits there for a mount since. ' +
    'Somebody swapped the names of VM 202 and VM 203 in Proxmox: by its name VM 202 is k8s-node3, by its SMBIOS UUID it is k8s-node2.',
  make: (seed) => {
    const sick = zombieOnNode2(sharesOnNfs('names-swapped', seed, ago(35)), ago(28));
    return toStart(named(named(sick, 202, 'k8s-node3'), 203, 'k8s-node2'));
  },
  ends: 'unsafe, no machine touched: name and hardware of VM 202 speak of different nodes',
};
