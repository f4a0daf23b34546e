import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { uuid } from '../chance.ts';
import { poisoned, stuckMount } from '../rules/stuck-mount.ts';
import { ago, hang, nodeUnder, stick, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** One abandoned mount blocks every new one on its node, and SIGKILL heals it (COMMANDS 0.3, B.7 case P). */
export const stuckTerminating: Scenario = {
  id: 'stuck-terminating',
  runbook: 'vault-raft-deadlock',
  title: 'The deletion hangs on an abandoned mount that can be killed',
  story:
    'vault-2, the leader, is silent since 09:00. On its node a mount.nfs of a pod that is long gone waits for an answer since 08:58. ' +
    'As long as it does, a killed Vault keeps a thread in D state, and its pod stays terminating.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'stuck-terminating',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    const silent = hang(healthy, 'vault-2', 'silent', HUNG_AT);
    const node = nodeUnder(silent, 'vault-2');
    const mount = stuckMount({ ...silent, at: ago(22) }, node, uuid(seed, 'abandoned'), 'set-up');
    const ill = poisoned(silent, node.name, mount);
    return toStart(stick(ill, 'vault-2', { it: 'gone', pid: mount.pid }));
  },
  ends: 'resolved: the deletion is refuted, the stuck mount.nfs is killed by pid and start time, the pod goes, 3 of 3 are back',
};
