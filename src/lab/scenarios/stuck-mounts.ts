import { changeNode } from '../change.ts';
import { poisoned, stuckMount } from '../rules/stuck-mount.ts';
import { aged, waitingApps } from './csi-apps.ts';
import { goneUid, ill, nodeNamed, podOfApp, sharesOnNfs, waitsForShare } from './nfs-stage.ts';
import type { Scenario } from './scenario.ts';
import type { World } from '../world.ts';
import { ago, toStart } from './stage.ts';

const NODE = 'k8s-node3';

/** The holder, the one in the queue for a pod that waits, and the one behind the mutex. */
function threeStuck(world: World): World {
  const node = nodeNamed(world, NODE);
  const at = (minutes: number): World => ({ ...world, at: ago(minutes) });
  const holder = stuckMount(at(17.5), node, goneUid(world, 'holder'), 'set-up', '4.1');
  const queued = stuckMount(at(16), node, podOfApp(world, 'immich').uid, 'queue');
  const behind = stuckMount(at(15), node, goneUid(world, 'behind'), 'mutex', '4.0');
  return changeNode(poisoned(world, NODE, holder), NODE, (it) => ({
    ...it,
    processes: [...it.processes, queued, behind],
  }));
}

/** Case W of COMMANDS B.7 with a wait that no signal ends: the order of kills decides (REALITY 4b, 4c). */
export const stuckMounts: Scenario = {
  id: 'stuck-mounts',
  runbook: 'kernel-nfs-reset',
  title: 'Three mounts are stuck, and one of them cannot be killed',
  story:
    'At 09:02 a firewall between k8s-node3 and the NFS server lost its table; since 09:06 the path is back, and the connections of before are dead. ' +
    'The node’s 4.2 client is wedged, and three mount.nfs wait: one sets up a client for 4.1 and holds everybody up, one queues behind it, and one waits for its mutex, where no signal reaches it. The other nodes are well.',
  make: (seed) => {
    const built = sharesOnNfs('stuck-mounts', seed, ago(19));
    const waiting = { nodes: [NODE], apps: 1, replicas: 1, since: ago(17), laggards: 0 };
    const wedged = ill(waitsForShare(waitingApps(built, waiting), 'nextcloud', 'apache2'), NODE, {
      is: 'wedged',
      since: ago(18),
      heals: { it: 'unheld' },
    });
    return aged(toStart(threeStuck(wedged)));
  },
  ends: 'resolved: the holder is killed first, then who waits after it; the one that cannot be killed goes free by itself; no reset',
};
