import type { MakeStep } from '../book.ts';
import { freeByRestart, unitGuards } from '../restart.ts';
import { isFree, mayRestart } from '../probes.ts';

/**
 * The third and fourth rung of COMMANDS C.4, kubelet and containerd: each with its own permission, a fresh look at the port
 * before and after, and a free port leads back to the deletion.
 */
export const services = (step: MakeStep) => ({
  'kubelet-rung': step.probe({
    title: 'May the kubelet be restarted?',
    needs: ['patient', 'contest'],
    next: {
      clear: { to: 'restart-kubelet', gives: ['service'] },
      refused: { to: 'reset-node' },
      blind: { to: 'blind' },
    },
    ...mayRestart('kubelet'),
  }),

  'restart-kubelet': step.action({
    title: 'Restart the kubelet, so that it clears away what no pod owns',
    risk: 'disruptive',
    needs: ['patient', 'contest', 'service', 'control'],
    next: {
      confirmed: { to: 'after-kubelet' },
      // What it was for may have come to pass all the same: a node is not reset for a port that is free.
      refuted: { to: 'after-kubelet' },
      declined: { to: 'left-held' },
      blocked: { to: 'blocked' },
      drifted: { to: 'port', atMost: 4, then: 'restless' },
      doubtful: { to: 'after-kubelet' },
    },
    guards: ({ site, facts: { service, control } }) => unitGuards(site, control, service),
    ...freeByRestart('kubelet'),
  }),

  'after-kubelet': step.probe({
    title: 'Has the restart of the kubelet cleared the port?',
    needs: ['patient', 'contest'],
    expect: 'free',
    next: {
      free: { to: 'delete-pod' },
      held: { to: 'containerd-rung' },
      'dead-holder': { to: 'reset-node' },
      unseen: { to: 'port-unknown' },
      other: { to: 'port', atMost: 4, then: 'restless' },
    },
    ...isFree('120s'),
  }),

  'containerd-rung': step.probe({
    title: 'May containerd be restarted?',
    needs: ['patient', 'contest'],
    next: {
      clear: { to: 'restart-containerd', gives: ['service'] },
      refused: { to: 'reset-node' },
      blind: { to: 'blind' },
    },
    ...mayRestart('containerd'),
  }),

  'restart-containerd': step.action({
    title: 'Restart containerd: the kubelet did not clear the port',
    risk: 'disruptive',
    needs: ['patient', 'contest', 'service', 'control'],
    next: {
      confirmed: { to: 'after-containerd' },
      // What it was for may have come to pass all the same: a node is not reset for a port that is free.
      refuted: { to: 'after-containerd' },
      declined: { to: 'left-held' },
      blocked: { to: 'blocked' },
      drifted: { to: 'port', atMost: 4, then: 'restless' },
      doubtful: { to: 'after-containerd' },
    },
    guards: ({ site, facts: { service, control } }) => unitGuards(site, control, service),
    ...freeByRestart('containerd'),
  }),

  'after-containerd': step.probe({
    title: 'Is the port free now?',
    needs: ['patient', 'contest'],
    expect: 'free',
    next: {
      free: { to: 'delete-pod' },
      held: { to: 'reset-node' },
      'dead-holder': { to: 'reset-node' },
      unseen: { to: 'port-unknown' },
      other: { to: 'port', atMost: 4, then: 'restless' },
    },
    ...isFree('120s'),
  }),
});
