import { changeVm, held } from '../power.ts';
import { step } from '../step.ts';
import { sharesOnNfs } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, toStart } from './stage.ts';

/** A paused machine accepts a reset and lands in prelaunch (COMMANDS fact 2; evidence: qmp-system-reset). */
export const vmPaused: Scenario = {
  id: 'vm-paused',
  runbook: 'kernel-nfs-reset',
  title: 'The hypervisor holds the machine: paused by an I/O error',
  story:
    'At 09:05 a disk of VM 202 had an I/O error, and QEMU paused it: k8s-node2 answers nobody, and the others of Vault elected. The disk is well again. ' +
    'A reset would be accepted, and nothing would run before a resume.',
  make: (seed) => {
    const early = step(sharesOnNfs('vm-paused', seed, ago(18)), ago(15));
    const still = held(early, 'k8s-node2');
    return toStart(changeVm(still, 202, (vm) => ({ ...vm, qmp: 'io-error' })));
  },
  ends: 'resolved: VM 202 is resumed, k8s-node2 goes on in the same boot; no reset',
};
