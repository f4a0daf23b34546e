import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** Nothing can be deleted safely without the API (COMMANDS E). */
export const apiDown: Scenario = {
  id: 'api-down',
  runbook: 'vault-raft-deadlock',
  title: 'The API server does not answer',
  story:
    'kube-apiserver on k8s-master is down: kubectl is refused, or times out. Whether Vault is ill nobody can tell from here. ' +
    'Nodes and the hypervisor still answer over SSH.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'api-down',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const silent = stick(hang(healthy, 'vault-2', 'silent', HUNG_AT), 'vault-2', SOFT);
    return toStart({ ...silent, api: 'down' });
  },
  ends: 'escalate, nothing touched: no API, no safe deletion',
};
