import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { hang, SOFT, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** The change of owner that does not end (DOMAIN 2.2 B7, B8; COMMANDS A.6). */
export const chownLoop: Scenario = {
  id: 'chown-loop',
  runbook: 'vault-raft-deadlock',
  title: 'The new pod walks its audit log for ever',
  story:
    'As the default, but nobody ever set fsGroupChangePolicy: kubelet changes the owner of every file of the new pod, three a minute over NFS, and begins anew after two. ' +
    'Only a pod that is created after the StatefulSet was patched comes up.',
  make: (seed) => {
    const healthy = reference({ scenario: 'chown-loop', seed });
    return toStart(stick(hang(healthy, 'vault-2', 'silent', HUNG_AT), 'vault-2', SOFT));
  },
  ends: 'resolved: the StatefulSet is patched, the looping pod is deleted once more, 3 of 3 are back; the patch is left for Terraform',
};
