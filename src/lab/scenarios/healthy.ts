import { reference } from '../cluster.ts';
import { toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** The reference cluster on a good day. */
export const healthy: Scenario = {
  id: 'healthy',
  runbook: 'vault-raft-deadlock',
  title: 'Vault is well',
  story:
    'Somebody was paged, and nothing is wrong: every pod answers, writes are acknowledged, outside the answer is 200.',
  make: (seed) => {
    return toStart(reference({ scenario: 'healthy', seed, fsGroupChangePolicy: 'OnRootMismatch' }));
  },
  ends: 'not-this-incident: nothing touched',
};
