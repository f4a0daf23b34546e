import { controlStays } from '../../../src/guards/control-sample.ts';
import type { MakeStep } from '../book.ts';
import { isFree } from '../probes.ts';
import { removeOrphan, sandboxGuards, stopOrphan } from '../sandbox.ts';

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
    guards: ({ site, facts: { holder, control } }) => [
      ...sandboxGuards(site, holder),
      controlStays(site, control, holder.node),
    ],
    ...stopOrphan,
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
    guards: ({ site, facts: { holder, control } }) => [
      ...sandboxGuards(site, holder),
      controlStays(site, control, holder.node),
    ],
    ...removeOrphan,
  }),

  'after-sandbox': step.probe({
    title: 'Is the port free without the orphan?',
    needs: ['patient', 'contest', 'holder'],
    expect: 'free',
    next: {
      free: { to: 'delete-pod' },
      held: { to: 'kubelet-rung' },
      'dead-holder': { to: 'reset-node' },
      unseen: { to: 'port-unknown' },
      other: { to: 'port', atMost: 12, then: 'restless' },
    },
    ...isFree('60s'),
  }),
});
