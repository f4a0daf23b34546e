import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** A hung standby hurts nobody yet (COMMANDS A.4). */
export const standbyHung: Scenario = {
  id: 'standby-hung',
  runbook: 'vault-raft-deadlock',
  title: 'A standby is silent, and the leader is well',
  story:
    'vault-1, a standby, says nothing since 09:00. vault-2 leads, takes writes, and complains about it. Outside the answer is 200. ' +
    'It is a failed member, and no leader to remove.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'standby-hung',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    return toStart(stick(hang(healthy, 'vault-1', 'silent', HUNG_AT), 'vault-1', SOFT));
  },
  ends: 'escalate, nothing touched: Vault works with 2 of 3, and vault-1 does not answer',
};
