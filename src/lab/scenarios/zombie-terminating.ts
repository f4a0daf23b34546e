import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, nodeUnder, poison, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** A zombie that cannot be reaped (COMMANDS B.3; DOMAIN 2.4, 10:31). */
export const zombieTerminating: Scenario = {
  id: 'zombie-terminating',
  runbook: 'vault-raft-deadlock',
  title: 'The deletion hangs, and no signal helps',
  story:
    'vault-2, the leader, is silent since 09:00. A thread of it waits for writeback to NFS that will never end. ' +
    'Killed, it becomes a zombie with a thread in D state; only a reset of k8s-node2 ends that.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'zombie-terminating',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const silent = stick(hang(healthy, 'vault-2', 'silent', HUNG_AT), 'vault-2', { it: 'never' });
    return toStart(poison(silent, nodeUnder(silent, 'vault-2').name));
  },
  ends: 'resolved: another voter leads once vault-2 is killed; k8s-node2 is reset for what no signal ends, and vault-2 comes up elsewhere or there, 3 of 3 are back',
};
