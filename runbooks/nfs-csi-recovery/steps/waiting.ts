import { podRefOf } from '../../../src/deeds/references.ts';
import { volumeMountable } from '../../../src/guards/mountable.ts';
import { deletePod } from '../../../src/tools/kubectl/delete-pod.ts';
import { podEvents } from '../../../src/tools/kubectl/events.ts';
import { getPod } from '../../../src/tools/kubectl/pods.ts';
import type { MakeStep } from '../book.ts';
import { known } from '../judge/nodes.ts';
import { isWaiting, path } from '../judge/pods.ts';
import { hangingPatient } from '../judge/survey.ts';
import { readLaggards, readWaiting } from '../judge/waiting.ts';
import { sight } from '../looks.ts';
import { identity, judgeGone, nodeGuards, targetPod } from '../remove.ts';

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
    watch: () => ({ every: '20s', within: '5m', late: 'late' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, site, facts: { remarks } }) => {
      const look = known(seen);
      if (look.known === undefined) return wait(look.unread);
      const word = readWaiting(site, look.known, now);
      switch (word.is) {
        case 'none':
          return to.none(word.because);
        case 'some':
          return wait(word.because);
        case 'no-entry':
          return to['no-entry'](word.because, { remarks: [...remarks, ...word.remarks] });
        case 'hanging': {
          const patient = hangingPatient(site, look.known, now, word);
          return patient === undefined ? wait(word.because) : to.hanging(word.because, { patient });
        }
      }
    },
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
    target: ({ facts: { laggard } }) => targetPod(laggard),
    capture: ({ site, facts: { laggard } }) => ({
      events: podEvents(site.cluster, laggard.namespace, laggard.name),
    }),
    guards: ({ site, facts: { laggard } }) => [
      volumeMountable('nfs', [laggard.node]),
      ...nodeGuards(site, laggard.node),
    ],
    blastRadius: {
      observe: () => ({}),
      measure: (_, { facts: { laggard } }) => ({
        counts: [
          { what: 'pod that never started', count: 1, names: [path(laggard)] },
          { what: 'running container', count: 0, names: [] },
        ],
        unknown: [],
      }),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site, facts: { laggard } }) => ({ pod: getPod(site.cluster, laggard) }),
      judge: ({ pod }, { facts: { laggard } }) => {
        if (!pod.ok)
          return { drift: 'unknown', because: `${laggard.name} could not be read: ${pod.says}` };
        if (pod.value?.uid !== laggard.uid)
          return { drift: 'changed', because: `${laggard.name} is gone or another one` };
        return isWaiting(pod.value)
          ? { drift: 'same', because: `${laggard.name} still waits, and nothing of it runs` }
          : { drift: 'changed', because: `${laggard.name} does not wait any more` };
      },
    },
    commands: ({ site, facts: { laggard } }) => [deletePod(site.cluster, laggard, 30)],
    effect: {
      proof: 'the pod with that uid is gone, within 60 s',
      every: '5s',
      within: '60s',
      identity: ({ site, facts: { laggard } }) => identity(site, laggard),
      judge: (_, after, { facts: { laggard } }) => judgeGone(laggard, after),
    },
    undo: 'none: its owner makes another one',
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
    title: 'Do all of them come up now?',
    needs: ['begun', 'control', 'repaired', 'remarks'],
    expect: 'none',
    next: {
      none: { to: 'dependants' },
      hanging: { to: 'hand-over', gives: ['patient'], atMost: 4, then: 'restless' },
      'no-entry': { to: 'no-entry', gives: ['remarks'] },
      late: { to: 'still-waiting' },
    },
    watch: () => ({ every: '20s', within: '5m', late: 'late' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, site, facts: { remarks } }) => {
      const look = known(seen);
      if (look.known === undefined) return wait(look.unread);
      const word = readWaiting(site, look.known, now);
      switch (word.is) {
        case 'none':
          return to.none(word.because);
        case 'some':
          return wait(word.because);
        case 'no-entry':
          return to['no-entry'](word.because, { remarks: [...remarks, ...word.remarks] });
        case 'hanging': {
          const patient = hangingPatient(site, look.known, now, word);
          return patient === undefined ? wait(word.because) : to.hanging(word.because, { patient });
        }
      }
    },
  }),
});
