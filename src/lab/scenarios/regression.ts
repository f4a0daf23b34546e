import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, plot, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** Recovered means stayed recovered (DOMAIN 2.4, 11:03 and 11:18). */
export const regression: Scenario = {
  id: 'regression',
  runbook: 'vault-raft-deadlock',
  title: 'It comes back, and falls back after a quarter of an hour',
  story:
    'As the default. But the storage under the next leader is ill as well: fifteen minutes after the first 200 its audit log cannot be written. ' +
    'On 22 April the first 200 was at 11:03, and at 11:18 it was gone.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'regression',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const silent = stick(hang(healthy, 'vault-2', 'silent', HUNG_AT), 'vault-2', SOFT);
    return toStart(plot(silent, { auditFailsAfterMs: 15 * 60_000 }));
  },
  ends: 'escalate: recovered, and regressed within the soak of 20 min',
};
