import { kubelet } from '../../../src/tools/node/kubelet.ts';
import { restartUnit } from '../../../src/tools/node/restart-unit.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { unit } from '../../../src/tools/node/unit.ts';
import type { MakeStep } from '../book.ts';
import { settled } from '../judge/port.ts';
import { readRung } from '../judge/rung.ts';
import { portLook } from '../looks.ts';
import {
  judgeUnit,
  measureUnit,
  targetUnit,
  unitBlast,
  unitGuards,
  unitIdentity,
  unitReason,
  unitSignals,
  unitStands,
  unitWarning,
} from '../restart.ts';

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
    target: ({ facts: { service } }) => targetUnit('kubelet', service),
    guards: ({ site, facts: { service, control } }) => unitGuards(site, control, service),
    blastRadius: {
      observe: ({ site, facts: { service } }) => unitBlast(site, service),
      measure: (seen, { facts: { patient, service } }) =>
        measureUnit('kubelet', patient, service, seen),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site, facts: { patient, contest, service } }) =>
        unitSignals(site, 'kubelet', patient, contest, service),
      judge: (seen, { facts: { patient, contest, service } }) =>
        unitStands('kubelet', patient, contest, service, seen),
    },
    warn: ({ facts: { patient } }) => unitWarning(patient),
    reason: ({ facts: { patient } }) => unitReason('kubelet', patient),
    commands: ({ facts: { service } }) => [
      restartUnit(service.node, 'kubelet', service.mainPid ?? undefined),
    ],
    effect: {
      proof:
        'another main process, its health endpoint answers, a new heartbeat, and the node is Ready, within 120 s',
      every: '5s',
      within: '120s',
      identity: ({ site, facts: { service } }) => unitIdentity(site, 'kubelet', service),
      judge: (before, after) => judgeUnit('kubelet', before, after),
    },
    undo: 'none: a restart is over when it is done',
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
    target: ({ facts: { service } }) => targetUnit('containerd', service),
    guards: ({ site, facts: { service, control } }) => unitGuards(site, control, service),
    blastRadius: {
      observe: ({ site, facts: { service } }) => unitBlast(site, service),
      measure: (seen, { facts: { patient, service } }) =>
        measureUnit('containerd', patient, service, seen),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site, facts: { patient, contest, service } }) =>
        unitSignals(site, 'containerd', patient, contest, service),
      judge: (seen, { facts: { patient, contest, service } }) =>
        unitStands('containerd', patient, contest, service, seen),
    },
    warn: ({ facts: { patient } }) => unitWarning(patient),
    reason: ({ facts: { patient } }) => unitReason('containerd', patient),
    commands: ({ facts: { service } }) => [
      restartUnit(service.node, 'containerd', service.mainPid ?? undefined),
    ],
    effect: {
      proof:
        "another main process, the kubelet's health endpoint answers, a new heartbeat, and the node is Ready, within 120 s",
      every: '5s',
      within: '120s',
      identity: ({ site, facts: { service } }) => unitIdentity(site, 'containerd', service),
      judge: (before, after) => judgeUnit('containerd', before, after),
    },
    undo: 'none: a restart is over when it is done',
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
