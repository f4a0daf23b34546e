import { agentOf } from '../agents.ts';
import { changeNode } from '../change.ts';
import type { ClientFault, Pod, Process, World } from '../world.ts';
import { orphaned } from './agents-ending.ts';
import { kill, unmounted } from './ending.ts';
import { onNfs } from './volumes.ts';

/** A delete with grace 0: the object goes at once, the processes stay behind (COMMANDS F; DOMAIN 2.4). */

/**
 * Removes the pod from the API and lets its node kill what is left. With an NFS mount still held, the killed process
 * keeps a thread in state D for ever, and the node makes no new NFS mount until it is reset (DOMAIN 2.4, 09:59).
 */
export function force(world: World, pod: Pod): World {
  if (agentOf(pod) !== undefined) return orphaned(world, pod);
  const left = { ...world, pods: world.pods.filter((it) => it.uid !== pod.uid) };
  const node = left.nodes.find((it) => it.name === pod.node);
  const vault = node?.processes.find((it) => it.podUid === pod.uid && it.comm === 'vault');
  if (node === undefined || vault === undefined) {
    return changeNode(left, pod.node, (it) => ({ ...it, mounts: unmounted(it, pod.uid) }));
  }
  const held = onNfs(world, pod) && node.mounts.some((mount) => mount.podUid === pod.uid);
  const poisoned = held
    ? changeNode(left, node.name, (it) => ({
        ...it,
        nfs: { ...it.nfs, '4.2': wedgedSince(world.at - 120_000) },
        processes: it.processes.map((process) =>
          process.pid === vault.pid ? caught(process) : process,
        ),
      }))
    : left;
  return kill(poisoned, node.name, vault.pid);
}

/** Its session was dead before: a thread hung on it. Held by what cannot die, it stays so. */
const wedgedSince = (since: number): ClientFault => ({
  is: 'wedged',
  since,
  heals: { it: 'never' },
});

const caught = (process: Process): Process => ({
  ...process,
  stuck: {
    tid: process.stuck?.tid ?? process.pid + 9,
    wchan: process.stuck?.wchan ?? 'folio_wait_bit_common',
    until: { it: 'never' },
  },
});
