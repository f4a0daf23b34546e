import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** Slow is not stuck (COMMANDS A.4). */
export const slow: Scenario = {
  id: 'slow',
  runbook: 'vault-raft-deadlock',
  title: 'The leader is slow, and it works',
  story:
    'vault-2, the leader, answers after three to eight seconds, fails its readiness probe, and takes writes after about six. ' +
    'People outside see timeouts. It looks like the incident, and it is not.',
  make: (seed) => {
    const healthy = reference({ scenario: 'slow', seed, fsGroupChangePolicy: 'OnRootMismatch' });
    return toStart(hang(healthy, 'vault-2', 'slow', HUNG_AT));
  },
  ends: 'not-this-incident: a canary is acknowledged, nothing is touched',
};
