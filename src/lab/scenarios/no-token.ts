import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** Without a token L4 is unknown, never true (COMMANDS A.4). */
export const noToken: Scenario = {
  id: 'no-token',
  runbook: 'vault-raft-deadlock',
  title: 'The silent leader, and no token to prove it',
  story:
    'As the default on the outside, but the inventory names no token file, so no canary can be written, and no thread is in D state. ' +
    'What is seen makes vault-2 suspect; it does not prove it stuck.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'no-token',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
      token: false,
    });
    return toStart(hang(healthy, 'vault-2', 'silent', HUNG_AT));
  },
  ends: 'escalate: suspect, nothing touched; with a typed override resolved',
};
