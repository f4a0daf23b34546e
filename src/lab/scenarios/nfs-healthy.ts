import { sharesOnNfs } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import { toStart } from './stage.ts';

/** The row of COMMANDS B.7 that says healthy. */
export const nfsHealthy: Scenario = {
  id: 'nfs-healthy',
  runbook: 'kernel-nfs-reset',
  title: 'Every node mounts',
  story:
    'Somebody was paged for a mount that failed once. Every node mounts at once, nothing waits, and the server answers from everywhere.',
  make: (seed) => toStart(sharesOnNfs('nfs-healthy', seed)),
  ends: 'not-this-incident: every node mounts; nothing is touched',
};
