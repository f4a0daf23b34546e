import { endedOf } from '../agent-processes.ts';
import { changeMember, changePod, say } from '../change.ts';
import { lockedOut } from '../locks.ts';
import type { Pod, World } from '../world.ts';
import { backOff } from './back-off.ts';
import type { Rule, Wanted } from './rule.ts';

/** A Vault that cannot lock its own database, because somebody else has it (COMMANDS 0.10, C.4; DOMAIN 2.1 A8). */

const TIMEOUT = 'failed to open bolt file: timeout';

/** Vault starts, waits a second for the lock, and ends; kubelet starts it again later. */
export function shutOut(world: World, pod: Pod): World {
  const restarts = (endedOf(pod, 'vault')?.restarts ?? 0) + 1;
  const down = changePod(world, pod.uid, (it) => ({
    ...it,
    stage: 'crashing',
    restarts,
    ended: [
      { container: 'vault', restarts, at: world.at, exitCode: 1, message: TIMEOUT, down: true },
    ],
  }));
  const mine = changeMember(down, pod.name, (member) =>
    member.podUid === pod.uid
      ? member
      : { ...member, podUid: pod.uid, health: 'gone', role: 'follower', log: [] },
  );
  return say(
    mine,
    pod.name,
    'ERROR',
    `core: Error initializing storage of type raft: failed to create fsm: ${TIMEOUT}`,
  );
}

const again =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    if (pod === undefined) return world;
    if (lockedOut(world, pod) !== undefined) return shutOut(world, pod);
    return changePod(world, uid, (it) => ({
      ...it,
      stage: 'starting',
      since: world.at,
      ended: (it.ended ?? []).map((ended) => ({ ...ended, down: false })),
    }));
  };

/** Kubelet starts such a Vault again when its back-off is over; once the lock is free it comes up. */
export const shutOutAgain: Rule = {
  wants: (world) =>
    world.pods.flatMap((pod): readonly Wanted[] => {
      const ended = endedOf(pod, 'vault');
      const node = world.nodes.find((it) => it.name === pod.node);
      if (pod.stage !== 'crashing' || pod.deletion !== undefined || ended?.down !== true) return [];
      if (node?.kubelet !== 'running' || node.power !== 'on') return [];
      const key = `bolt:${pod.uid}:${ended.restarts}` as const;
      return [{ key, at: ended.at + backOff(ended.restarts), deed: again(pod.uid) }];
    }),
};
