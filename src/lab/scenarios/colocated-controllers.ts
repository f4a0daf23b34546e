import { agentPod } from '../agent-pods.ts';
import { CONTROLLER, isAgent } from '../agents.ts';
import { reference } from '../cluster.ts';
import type { World } from '../world.ts';
import { crashLooping } from './csi-stage.ts';
import type { Scenario } from './scenario.ts';
import { ago, plot, toStart } from './stage.ts';

const MASTER = 'k8s-master';

/** Both controllers on the master; the first is up, and has the port. */
function together(world: World): World {
  const node = world.nodes.find((it) => it.name === MASTER);
  if (node === undefined) return world;
  const [first, second] = [ago(9 * 60), ago(8 * 60)].map((at, i) =>
    agentPod(CONTROLLER, node, at, world.seed, 'together', i),
  );
  if (first === undefined || second === undefined) return world;
  const others = world.pods.filter((pod) => !isAgent(pod, 'csi-controller'));
  const moved: World = { ...world, pods: [...others, second] };
  const up = { ...first, stage: 'running' as const, since: first.since + 19_000 };
  const both: World = { ...moved, pods: [...moved.pods, up] };
  return crashLooping(both, MASTER, 'csi-controller', { restarts: 57, lastAt: ago(3) });
}

/** A conflict between pods that live: fix where they run, delete nothing (COMMANDS C.3; DOMAIN 2.1, 17 May). */
export const colocatedControllers: Scenario = {
  id: 'colocated-controllers',
  runbook: 'nfs-csi-recovery',
  title: 'Two CSI controllers on one node want the same port',
  story:
    'Both controllers of the NFS CSI driver landed on k8s-master, and both want port 29652 of that node: one has it, the other crash-loops since 01:20. ' +
    'The process that holds the port belongs to a pod that the API knows. The driver is registered on every node, and mounts work.',
  make: (seed) => {
    const healthy = reference({
      scenario: 'colocated-controllers',
      seed,
      fsGroupChangePolicy: 'OnRootMismatch',
    });
    return toStart(together(plot(healthy, { controllersOn: MASTER })));
  },
  ends: 'escalate, nothing touched: a live pod holds the port; anti-affinity or the number of replicas is wrong',
};
