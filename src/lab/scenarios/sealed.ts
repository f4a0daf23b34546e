import { reference } from '../cluster.ts';
import { changeMember, changePod } from '../change.ts';
import { STARTS } from '../raft-lines.ts';
import type { World } from '../world.ts';
import { ago, leaderless, toStart } from './stage.ts';
import type { Scenario } from './scenario.ts';

function restart(world: World, uid: string, id: string): World {
  const at = ago(8);
  const up = changePod(world, uid, (pod) => ({
    ...pod,
    since: at,
    restarts: 1,
    labels: { ...pod.labels, 'vault-active': 'false', 'vault-sealed': 'true' },
  }));
  return changeMember(up, id, (member) => ({
    ...leaderless(member),
    sealed: true,
    role: 'follower',
    log: STARTS.map((text) => ({ at, level: 'INFO', text })),
  }));
}

/** All pods sealed after a restart (COMMANDS A.2 iv). */
export const sealed: Scenario = {
  id: 'sealed',
  runbook: 'vault-raft-deadlock',
  title: 'Every pod restarted, and nothing unseals them',
  story:
    'At 09:12 a power blip restarted all three pods. They are sealed, and stay so: the secret with the unseal key is gone, so the sidecar has nothing to send. ' +
    'No deletion unseals a Vault.',
  make: (seed) => {
    const healthy = reference({ scenario: 'sealed', seed, fsGroupChangePolicy: 'OnRootMismatch' });
    const restarted = healthy.pods
      .filter((pod) => pod.owner?.name === 'vault')
      .reduce<World>((world, { uid, name }) => restart(world, uid, name), {
        ...healthy,
        unseals: false,
        secrets: ['vault-root-token'],
      });
    return toStart(restarted);
  },
  ends: 'not-this-incident: sealed; bring the unseal key back',
};
