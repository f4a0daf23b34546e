import { reference } from '../cluster.ts';
import { HUNG_AT } from '../start.ts';
import { changeNode, changePod } from '../change.ts';
import { step } from '../step.ts';
import type { World } from '../world.ts';
import { ago, hang, nodeUnder, podNamed, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

/** Until the killed process has ended, and no longer: the kubelet hangs before it can report that. */
function untilExited(world: World, node: string, uid: string): World {
  const runs = (it: World): boolean =>
    it.nodes.some((one) => one.name === node && one.processes.some((p) => p.podUid === uid));
  let now = world;
  while (runs(now) && now.at < ago(4)) now = step(now, now.at + 50);
  return now;
}

/** The one case in which a force-delete is right: a fence that holds (COMMANDS F, force delete pod). */
export const deadKubelet: Scenario = {
  id: 'dead-kubelet',
  runbook: 'vault-raft-deadlock',
  title: 'The process is dead, and its kubelet cannot say so',
  story:
    'vault-2, the leader, hung at 09:00 and was deleted at 09:14. Its process ended, and then the kubelet of k8s-node2 hung: the pod stays terminating, and nothing of it is left. ' +
    'The others elected; Vault works with two of three.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'dead-kubelet',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
      builtAt: ago(8),
    });
    const silent = hang(healthy, 'vault-2', 'silent', HUNG_AT);
    const early = step(silent, ago(6));
    const node = nodeUnder(early, 'vault-2').name;
    const leaving = changePod(early, podNamed(early, 'vault-2').uid, (pod) => ({
      ...pod,
      deletion: { askedAt: early.at, graceMs: 10_000 },
    }));
    const dead = untilExited(
      step(leaving, early.at + 10_000),
      node,
      podNamed(leaving, 'vault-2').uid,
    );
    return toStart(
      changeNode(dead, node, (it) => ({ ...it, kubelet: 'hung', kubeletSince: dead.at })),
    );
  },
  ends: 'resolved: no process and no lock of the old pod is left, so it is forced, and comes up on another node, 3 of 3 are back',
};
