import { deletePod } from '../../src/deeds/delete-pod.ts';
import type { Seen } from '../../src/runbook/observation.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { Drift, Guard } from '../../src/runbook/step.ts';
import { sameMachine } from '../../src/guards/same-machine.ts';
import type { Lost } from './facts.ts';
import { readFence } from './judge/lost.ts';
import { path } from './judge/pods.ts';
import { lostLook } from './looks.ts';
import { nodeGuards } from './remove.ts';

interface Ctx {
  readonly site: Site;
  readonly facts: { readonly lost: Lost };
}

/** The gate samples just what the fence rested on: what is not dead any more is not deleted. */
function stillDead(site: Site, lost: Lost, seen: Seen<ReturnType<typeof lostLook>>): Drift {
  const word = readFence(site, lost, seen);
  if (word.is === 'dead') return { drift: 'same', because: word.because };
  return { drift: word.is === 'blind' ? 'unknown' : 'changed', because: word.because };
}

/**
 * Removes a pod that is proven dead, gracefully or by force: all parts of the action but its place in the graph and its
 * fence. Of a terminated pod both go at once (Kubernetes' pod strategy sets its grace to 0), so both need the fence.
 */
export const removeLost = (how: 'gracefully' | 'by force') => ({
  ...deletePod(({ facts }: Ctx) => facts.lost.pod, '60s', how),
  guards: ({ site, facts: { lost } }: Ctx): readonly Guard[] => [
    sameMachine(site, lost.pod.node),
    ...nodeGuards(site, lost.pod.node),
  ],
  blastRadius: {
    observe: () => ({}),
    measure: (_: object, { facts: { lost } }: Ctx) => ({
      counts: [
        { what: 'pod whose name runs again at once', count: 1, names: [path(lost.pod)] },
        {
          what: 'volume that its successor writes to',
          many: 'volumes that its successor writes to',
          count: lost.volumes.length,
          names: lost.volumes.map((v) => v.name),
        },
      ],
      unknown: [],
    }),
  },
  drift: {
    freshWithin: '30s' as const,
    observe: ({ site, facts: { lost } }: Ctx) => lostLook(site, lost),
    judge: (seen: Seen<ReturnType<typeof lostLook>>, { site, facts: { lost } }: Ctx) =>
      stillDead(site, lost, seen),
  },
  warn: ({ facts: { lost } }: Ctx) =>
    lost.atOnce
      ? `${lost.pod.name} is terminated, so the API server removes it at once, whatever the grace: if a process of it still wrote, there would be two writers.`
      : undefined,
  undo: 'none: its StatefulSet makes it again under the same name',
});
