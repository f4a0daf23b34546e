import { podRefOf } from '../../../src/deeds/references.ts';
import { volumeMountable } from '../../../src/guards/mountable.ts';
import type { MakeStep } from '../book.ts';
import { known } from '../judge/nodes.ts';
import { readLaggards } from '../judge/waiting.ts';
import { sight } from '../looks.ts';
import { doTheyMount } from '../probes.ts';
import { deleteLaggard, nodeGuards } from '../remove.ts';

/** The pods that waited: kubelet tries again by itself; only laggards are restarted, at most five a minute (DOMAIN 2.1, A7). */
export const waiting = (step: MakeStep) => ({
  waiting: step.probe({
    title: 'Do the waiting pods get their mounts by themselves?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'none',
    next: {
      none: { to: 'dependants' },
      hanging: { to: 'hand-over', gives: ['patient'], atMost: 4, then: 'restless' },
      'no-entry': { to: 'no-entry', gives: ['remarks'] },
      late: { to: 'laggards' },
    },
    ...doTheyMount,
  }),

  laggards: step.probe({
    title: 'Which pod has waited too long?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'none',
    next: {
      next: { to: 'delete-laggard', gives: ['laggard'], atMost: 60, then: 'still-waiting' },
      none: { to: 'settling' },
      unread: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '30s', late: 'unread' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, site }) => {
      const look = known(seen);
      if (look.known === undefined) return wait(look.unread);
      const word = readLaggards(site, look.known, now);
      return word.next === undefined
        ? to.none(word.because)
        : to.next(word.because, { laggard: podRefOf(word.next) });
    },
  }),

  'delete-laggard': step.action({
    title: 'Delete a pod that still waits, so that its owner makes it anew',
    risk: 'disruptive',
    needs: ['laggard'],
    next: {
      confirmed: { to: 'pace' },
      refuted: { to: 'pace' },
      declined: { to: 'still-waiting' },
      blocked: { to: 'blocked' },
      drifted: { to: 'pace' },
      skipped: { to: 'settling' },
      doubtful: { to: 'pace' },
    },
    guards: ({ site, facts: { laggard } }) => [
      volumeMountable('nfs', [laggard.node]),
      ...nodeGuards(site, laggard.node),
    ],
    ...deleteLaggard,
  }),

  pace: step.probe({
    title: 'Has enough time passed since the last deletion?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    next: { paced: { to: 'laggards' } },
    watch: () => ({ every: '13s', within: '13s', late: 'paced' }),
    observe: () => ({}),
    conclude: (_, { wait }) =>
      wait('more than five deletions in a minute look like an attack to who watches the audit log'),
  }),

  settling: step.probe({
    title: 'Do all the pods that waited come up now?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'none',
    next: {
      none: { to: 'dependants' },
      hanging: { to: 'hand-over', gives: ['patient'], atMost: 4, then: 'restless' },
      'no-entry': { to: 'no-entry', gives: ['remarks'] },
      late: { to: 'still-waiting' },
    },
    ...doTheyMount,
  }),
});
