import { kubelet } from '../../../src/tools/node/kubelet.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { unit } from '../../../src/tools/node/unit.ts';
import type { MakeStep } from '../book.ts';
import { settled } from '../judge/port.ts';
import { readRung } from '../judge/rung.ts';
import { portLook } from '../looks.ts';
import { restartService, unitGuards } from '../restart.ts';

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
    watch: () => ({ every: '10s', within: '60s', late: 'blind' }),
    observe: ({ facts: { patient } }) => ({
      scan: tasks(patient.node),
      unit: unit(patient.node, 'kubelet'),
      kubelet: kubelet(patient.node),
    }),
    conclude: (seen, { to, wait, samples, facts: { patient } }) => {
      const word = readRung('kubelet', patient.node, seen);
      const earlier = samples.at(-2);
      const before = earlier && readRung('kubelet', patient.node, earlier.seen);
      switch (word.is) {
        case 'clear':
          return to.clear(word.because, {
            service: { node: patient.node, mainPid: word.mainPid },
          });
        case 'refused':
          return before?.is === 'refused'
            ? to.refused(word.because)
            : wait(`${word.because}; looking once more`);
        case 'blind':
          return wait(word.because);
      }
    },
  }),

  'restart-kubelet': step.action({
    title: 'Restart the kubelet, so that it clears away what no pod owns',
    risk: 'disruptive',
    needs: ['patient', 'contest', 'service', 'control'],
    next: {
      confirmed: { to: 'after-kubelet' },
      refuted: { to: 'reset-node' },
      declined: { to: 'left-held' },
      blocked: { to: 'blocked' },
      drifted: { to: 'port', atMost: 4, then: 'restless' },
      doubtful: { to: 'after-kubelet' },
    },
    guards: ({ site, facts: { service, control } }) => unitGuards(site, control, service),
    ...restartService('kubelet'),
  }),

  'after-kubelet': step.probe({
    title: 'Has the new kubelet cleared the port?',
    needs: ['patient', 'contest'],
    expect: 'free',
    next: {
      free: { to: 'delete-pod' },
      held: { to: 'containerd-rung' },
      'dead-holder': { to: 'reset-node' },
      other: { to: 'port', atMost: 4, then: 'restless' },
    },
    watch: () => ({ every: '10s', within: '120s', late: 'held' }),
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

  'containerd-rung': step.probe({
    title: 'May containerd be restarted?',
    needs: ['patient', 'contest'],
    next: {
      clear: { to: 'restart-containerd', gives: ['service'] },
      refused: { to: 'reset-node' },
      blind: { to: 'blind' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'blind' }),
    observe: ({ facts: { patient } }) => ({
      scan: tasks(patient.node),
      unit: unit(patient.node, 'containerd'),
      kubelet: kubelet(patient.node),
    }),
    conclude: (seen, { to, wait, samples, facts: { patient } }) => {
      const word = readRung('containerd', patient.node, seen);
      const earlier = samples.at(-2);
      const before = earlier && readRung('containerd', patient.node, earlier.seen);
      switch (word.is) {
        case 'clear':
          return to.clear(word.because, {
            service: { node: patient.node, mainPid: word.mainPid },
          });
        case 'refused':
          return before?.is === 'refused'
            ? to.refused(word.because)
            : wait(`${word.because}; looking once more`);
        case 'blind':
          return wait(word.because);
      }
    },
  }),

  'restart-containerd': step.action({
    title: 'Restart containerd: the kubelet did not clear the port',
    risk: 'disruptive',
    needs: ['patient', 'contest', 'service', 'control'],
    next: {
      confirmed: { to: 'after-containerd' },
      refuted: { to: 'reset-node' },
      declined: { to: 'left-held' },
      blocked: { to: 'blocked' },
      drifted: { to: 'port', atMost: 4, then: 'restless' },
      doubtful: { to: 'after-containerd' },
    },
    guards: ({ site, facts: { service, control } }) => unitGuards(site, control, service),
    ...restartService('containerd'),
  }),

  'after-containerd': step.probe({
    title: 'Is the port free now?',
    needs: ['patient', 'contest'],
    expect: 'free',
    next: {
      free: { to: 'delete-pod' },
      held: { to: 'reset-node' },
      other: { to: 'port', atMost: 4, then: 'restless' },
    },
    watch: () => ({ every: '10s', within: '120s', late: 'held' }),
    observe: ({ site, facts: { patient, contest } }) => portLook(site, patient, contest),
    conclude: (_, { to, wait, samples, facts: { patient, contest } }) => {
      const held = settled(patient, contest, samples);
      if (held === undefined) return wait('the port is looked at twice, 10 s apart');
      switch (held.is) {
        case 'free':
          return to.free(held.because);
        case 'dead-holder':
          return to.held(held.because);
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
