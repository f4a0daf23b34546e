import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { changePod } from '../change.ts';
import { force } from '../rules/force.ts';
import { step } from '../step.ts';
import { ago, hang, nodeUnder, plot, podNamed, poison, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** DOMAIN 2.4 as it stood at about 10:07, an hour earlier by this clock. */
export const april22: Scenario = {
  id: 'april-22',
  runbook: 'vault-raft-deadlock',
  title: '22 April: the second voter hangs too, and two nodes are poisoned already',
  story:
    'vault-2, the leader, hung at 09:00; at 09:10 somebody force-deleted it, and its node k8s-node2 has made no new NFS mount since: the new vault-2 waits there. ' +
    'vault-1 hung as well and was deleted at 09:16; it is still terminating on k8s-node3. vault-0 alone stands for election again and again.',
  make: (seed) => {
    const healthy = reference({ scenario: 'april-22', seed, builtAt: ago(14) });
    const hung = ['vault-1', 'vault-2'].reduce(
      (world, id) => stick(hang(world, id, 'silent', HUNG_AT), id, { it: 'never' }),
      plot(healthy, { lands: { 'vault-2': 'k8s-node2' } }),
    );
    const early = step(hung, ago(10));
    const forced = step(force(early, podNamed(early, 'vault-2')), ago(4));
    const leaving = changePod(forced, podNamed(forced, 'vault-1').uid, (pod) => ({
      ...pod,
      deletion: { askedAt: forced.at, graceMs: 10_000 },
    }));
    return toStart(poison(leaving, nodeUnder(leaving, 'vault-1').name));
  },
  ends: 'resolved: k8s-node3 is reset for the zombie of vault-1, the walk over its volume is ended by a patch, then k8s-node2 is reset for vault-2; one node at a time, 3 of 3 are back',
};
