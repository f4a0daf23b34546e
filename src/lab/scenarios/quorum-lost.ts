import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { ago, crashing, hang, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** Below quorum the goal is a second voter (DOMAIN 2.2, branches; COMMANDS A.5). */
export const quorumLost: Scenario = {
  id: 'quorum-lost',
  runbook: 'vault-raft-deadlock',
  title: 'The leader hangs, and a standby is down: quorum is lost',
  story:
    'vault-2, the leader, is silent since 09:00. vault-1 crash-loops since 08:52 on a stale state that a fresh pod does not have. ' +
    'Only vault-0 works: without a second voter nobody can elect anybody.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'quorum-lost',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const silent = stick(hang(healthy, 'vault-2', 'silent', HUNG_AT), 'vault-2', SOFT);
    return toStart(crashing(silent, 'vault-1', ago(28)));
  },
  ends: 'resolved: vault-1 is deleted and comes back first, then vault-2 goes, 3 of 3 are back; two deletions, one at a time',
};
