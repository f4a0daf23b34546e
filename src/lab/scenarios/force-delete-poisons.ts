import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { force } from '../rules/force.ts';
import { step } from '../step.ts';
import { ago, hang, plot, podNamed, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** A force-delete with an NFS mount still held (DOMAIN 2.4, 09:59; COMMANDS F). */
export const forceDeletePoisons: Scenario = {
  id: 'force-delete-poisons',
  runbook: 'vault-raft-deadlock',
  title: 'Somebody forced it, and poisoned the node',
  story:
    'vault-2, the leader, hung at 09:00; at 09:12 somebody force-deleted it. The others elected, and Vault works with two of three. ' +
    'The old process is a zombie on k8s-node2, and the new vault-2 waits there for a mount that hangs.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'force-delete-poisons',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
      builtAt: ago(10),
    });
    const silent = stick(hang(healthy, 'vault-2', 'silent', HUNG_AT), 'vault-2', { it: 'never' });
    const early = step(plot(silent, { lands: { 'vault-2': 'k8s-node2' } }), ago(8));
    return toStart(force(early, podNamed(early, 'vault-2')));
  },
  ends: 'resolved: 2 of 3 work meanwhile; k8s-node2 is reset, and vault-2 mounts there, 3 of 3 are back',
};
