import { removeSandbox, stopSandbox } from '../../../src/tools/node/stop-sandbox.ts';
import type { MakeStep } from '../book.ts';
import { settled } from '../judge/port.ts';
import { portLook } from '../looks.ts';
import {
  judgeRemoved,
  judgeStopped,
  measureSandbox,
  sandboxBlast,
  sandboxCapture,
  sandboxGuards,
  sandboxIdentity,
  sandboxStands,
  targetSandbox,
} from '../sandbox.ts';

/** The second rung of COMMANDS C.4: an orphan's sandbox is stopped and removed, then the port is looked at afresh. */
export const orphan = (step: MakeStep) => ({
  'stop-sandbox': step.action({
    title: 'Stop the orphan that holds the port',
    risk: 'disruptive',
    needs: ['patient', 'contest', 'holder', 'control'],
    next: {
      confirmed: { to: 'remove-sandbox' },
      refuted: { to: 'after-sandbox' },
      declined: { to: 'left-held' },
      blocked: { to: 'blocked' },
      drifted: { to: 'port', atMost: 4, then: 'restless' },
      doubtful: { to: 'after-sandbox' },
    },
    target: ({ facts: { holder } }) => targetSandbox(holder),
    capture: ({ facts: { holder } }) => sandboxCapture(holder),
    guards: ({ site, facts: { holder, control } }) => sandboxGuards(site, control, holder),
    blastRadius: {
      observe: ({ facts: { holder } }) => sandboxBlast(holder),
      measure: (seen, { facts: { holder } }) => measureSandbox(holder, seen),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ facts: { holder } }) => sandboxIdentity(holder),
      judge: (seen, { facts: { holder } }) => sandboxStands(holder, 'ready', seen),
    },
    commands: ({ facts: { holder } }) => [stopSandbox(holder.node, holder.sandbox)],
    effect: {
      proof: 'crictl no longer lists that sandbox as ready, within 60 s',
      every: '5s',
      within: '60s',
      identity: ({ facts: { holder } }) => sandboxIdentity(holder),
      judge: (_, after, { facts: { holder } }) => judgeStopped(holder, after),
    },
    undo: 'none: nobody asks for that pod any more',
  }),

  'remove-sandbox': step.action({
    title: 'Remove the stopped sandbox of the orphan',
    risk: 'disruptive',
    needs: ['patient', 'contest', 'holder', 'control'],
    next: {
      confirmed: { to: 'after-sandbox' },
      refuted: { to: 'after-sandbox' },
      declined: { to: 'after-sandbox' },
      blocked: { to: 'blocked' },
      drifted: { to: 'after-sandbox' },
      skipped: { to: 'after-sandbox' },
      doubtful: { to: 'after-sandbox' },
    },
    target: ({ facts: { holder } }) => targetSandbox(holder),
    guards: ({ site, facts: { holder, control } }) => sandboxGuards(site, control, holder),
    blastRadius: {
      observe: ({ facts: { holder } }) => sandboxBlast(holder),
      measure: (seen, { facts: { holder } }) => measureSandbox(holder, seen),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ facts: { holder } }) => sandboxIdentity(holder),
      judge: (seen, { facts: { holder } }) => sandboxStands(holder, 'stopped', seen),
    },
    commands: ({ facts: { holder } }) => [removeSandbox(holder.node, holder.sandbox)],
    effect: {
      proof: 'crictl no longer lists that sandbox, within 60 s',
      every: '5s',
      within: '60s',
      identity: ({ facts: { holder } }) => sandboxIdentity(holder),
      judge: (_, after, { facts: { holder } }) => judgeRemoved(holder, after),
    },
    undo: 'none: nobody asks for that pod any more',
  }),

  'after-sandbox': step.probe({
    title: 'Is the port free without the orphan?',
    needs: ['patient', 'contest'],
    expect: 'free',
    next: {
      free: { to: 'delete-pod' },
      held: { to: 'kubelet-rung' },
      'dead-holder': { to: 'reset-node' },
      other: { to: 'port', atMost: 4, then: 'restless' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'held' }),
    observe: ({ site, facts: { patient, contest } }) => portLook(site, patient, contest),
    conclude: (_, { to, wait, samples, facts: { patient, contest } }) => {
      const held = settled(patient, contest, samples);
      if (held === undefined) return wait('the port is looked at twice, 10 s apart');
      switch (held.is) {
        case 'free':
          return to.free(held.because);
        case 'dead-holder':
          return to['dead-holder'](held.because);
        case 'orphan':
        case 'stray':
        case 'leaving':
        case 'unknown':
          return wait(held.because);
        case 'live':
        case 'host-service':
          return to.other(held.because);
      }
    },
  }),
});
