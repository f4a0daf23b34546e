import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** The raft loop blocks in storage while everything else runs (COMMANDS A.2, S1). */
export const storageBlocked: Scenario = {
  id: 'storage-blocked',
  runbook: 'vault-raft-deadlock',
  title: 'The leader answers, and writes nothing',
  story:
    'Vault 1.19. Since 09:00 the storage of vault-2, the leader, blocks: unauthenticated calls answer, no write is acknowledged, and its index stands. ' +
    'The standbys say that their connection to the active node is not healthy. Heartbeats go on, so nobody elects.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'storage-blocked',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
      vaultVersion: '1.19.5',
    });
    return toStart(stick(hang(healthy, 'vault-2', 'blocked', HUNG_AT), 'vault-2', SOFT));
  },
  ends: 'resolved: three canaries go unacknowledged in 60 s, vault-2 is deleted gracefully, another voter leads, 3 of 3 are back',
};
