import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** Vault on block storage (DOMAIN, opening). */
export const blockStorage: Scenario = {
  id: 'block-storage',
  runbook: 'vault-raft-deadlock',
  title: 'The silent leader again, on block volumes',
  story:
    'As the default, on the Proxmox disks that Vault lies on since 25 April: no NFS, no thread in D state. ' +
    'What proves it is a canary write that nobody acknowledges.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'block-storage',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
      backend: 'block',
    });
    return toStart(hang(healthy, 'vault-2', 'silent', HUNG_AT));
  },
  ends: 'resolved: vault-2 ignores SIGTERM and ends with SIGKILL after its grace; its volume moves, 3 of 3 are back',
};
