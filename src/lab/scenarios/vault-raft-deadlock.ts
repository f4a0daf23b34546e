import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** The incident of 22 April as it began, before anybody made it worse (DOMAIN 2.2, 2.4). */
export const vaultRaftDeadlock: Scenario = {
  id: 'vault-raft-deadlock',
  runbook: 'vault-raft-deadlock',
  title: 'The raft leader is silent, and nobody elects another',
  story:
    'Since 09:00 vault-2, the raft leader, accepts connections and says nothing: a thread of it waits for NFS. ' +
    'Its heartbeats go on, so the standbys stay standbys. Outside, Vault answers 503. Nobody has touched anything yet.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'vault-raft-deadlock',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    return toStart(stick(hang(healthy, 'vault-2', 'silent', HUNG_AT), 'vault-2', SOFT));
  },
  ends: 'resolved: vault-2 is deleted gracefully and goes after about 20 s, another voter leads within 10 s, 3 of 3 are back',
};
