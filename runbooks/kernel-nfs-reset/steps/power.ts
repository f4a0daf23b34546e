import { notOurAccessPath } from '../../../src/guards/access-path.ts';
import { noForeignMaintenance } from '../../../src/guards/maintenance.ts';
import { oneNodeAtATime } from '../../../src/guards/one-at-a-time.ts';
import { sameMachine } from '../../../src/guards/same-machine.ts';
import { findVm, isHeld, vmIdentity, vmOnAnyHost, vmState } from '../../../src/guards/vm.ts';
import { getCsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import { vmOn } from '../../../src/tools/pve/vm.ts';
import type { MakeStep } from '../book.ts';
import { judgeBoot } from '../judge/boot.ts';
import { judgeAfterReset, judgeColdStart, judgePower, stillIs } from '../judge/machine.ts';
import { hit, machine as machineLook } from '../looks.ts';
import {
  guardsOfReset,
  measure,
  signals,
  stillSick,
  switchVm,
  targetVm,
  warning,
  whyAgain,
  witnesses,
} from '../reset.ts';

/** The machine itself: reset; look before the next rung; resume what only stands still; stop and start as the last one. */
export const powers = (step: MakeStep) => ({
  reset: step.action({
    title: 'Reset the VM (qm reset)',
    risk: 'destructive',
    needs: ['target', 'control', 'verdict', 'version', 'climbed', 'vm', 'voters'],
    mayUse: ['reboots', 'idle'],
    next: {
      confirmed: { to: 'back' },
      refuted: { to: 'after-reset' },
      doubtful: { to: 'after-reset' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'survey', atMost: 3, then: 'restless' },
    },
    target: ({ facts: { vm, target } }) => targetVm(vm, target),
    guards: ({ site, now, facts: { target, control, climbed, voters } }) => [
      ...guardsOfReset(site, target, control, climbed, voters, 'running', now),
      // While the guest runs, what SSH reaches must be what the API means.
      sameMachine(site, target.name),
    ],
    blastRadius: {
      observe: ({ site }) => hit(site),
      measure: (seen, { facts: { target, voters } }) => measure(target, voters, seen),
    },
    drift: {
      // The card is long, and a reason may have to be typed.
      freshWithin: '120s',
      observe: ({ site, facts }) => signals(site, facts),
      judge: (seen, { facts }) => stillSick(facts, seen),
    },
    warn: ({ facts: { vm, target, idle = [] } }) =>
      [
        warning(vm),
        idle.includes(target.name)
          ? 'This run has sent one reset of it already, and it did nothing: where this one does nothing either, a stop and a start come next.'
          : undefined,
      ]
        .filter((it) => it !== undefined)
        .join(' ') || undefined,
    reason: ({ params, facts: { target, reboots = [] } }) =>
      whyAgain(target, reboots, params.before),
    commands: ({ facts: { vm } }) => [switchVm(vm, 'reset')],
    effect: {
      proof: 'another boot ID, the same in the node object and in the guest, within 180 s',
      every: '10s',
      within: '180s',
      identity: ({ site, facts: { target } }) => witnesses(site, target),
      judge: (_, after, { facts: { target } }) => judgeBoot(target.bootId, after),
    },
    undo: 'none: the guest stops uncleanly, and boots',
  }),

  'after-reset': step.probe({
    title: 'The boot is the old one, or nobody can tell: what did the reset do?',
    needs: ['target', 'vm'],
    mayUse: ['idle'],
    expect: 'nothing',
    next: {
      booted: { to: 'back' },
      paused: { to: 'resume' },
      nothing: { to: 'reset', gives: ['idle'], atMost: 6, then: 'cold' },
      'nothing-again': { to: 'cold' },
      'not-up': { to: 'cold' },
      stopped: { to: 'cold' },
      unseen: { to: 'in-the-dark' },
      unknown: { to: 'unknown-vm' },
    },
    observe: ({ site, facts: { target } }) => machineLook(site, target.name),
    conclude: (seen, { to, facts: { target, idle = [] } }) => {
      const word = judgeAfterReset(target, seen);
      if (word.is !== 'nothing') return to[word.is](word.because);
      // A reset that did nothing has broken nothing: it is asked for once more, and then another way is taken.
      return idle.includes(target.name)
        ? to['nothing-again'](`for the second time, ${word.because}`)
        : to.nothing(word.because, { idle: [...idle, target.name] });
    },
  }),

  resume: step.action({
    title: 'Resume the paused VM (qm resume)',
    risk: 'disruptive',
    needs: ['target', 'vm'],
    next: {
      confirmed: { to: 'running-again' },
      refuted: { to: 'stays-paused' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'survey', atMost: 3, then: 'restless' },
    },
    target: ({ facts: { vm, target } }) => targetVm(vm, target),
    guards: ({ site, facts: { target } }) => [
      vmIdentity(site, target.name),
      vmState(site, target.name, 'held still'),
      oneNodeAtATime(site, target.name),
      noForeignMaintenance(site),
      notOurAccessPath(site, target.name),
    ],
    blastRadius: {
      observe: () => ({}),
      measure: () => ({
        counts: [{ what: 'guest that runs on from where it stood', count: 1, names: [] }],
        unknown: [],
      }),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ facts: { vm } }) => ({ now: vmOn(vm.host, vm.vmid) }),
      judge: ({ now }, { facts: { vm } }) => stillIs(vm, now, isHeld),
    },
    commands: ({ facts: { vm } }) => [switchVm(vm, 'resume')],
    effect: {
      proof: 'QEMU says that the guest runs, within 20 s',
      every: '5s',
      within: '20s',
      identity: ({ facts: { vm } }) => ({ now: vmOn(vm.host, vm.vmid) }),
      judge: (_, { now }, { facts: { vm } }) => judgePower(vm, now, 'running'),
    },
    undo: 'none',
  }),

  'running-again': step.probe({
    title: 'Which boot does the guest run?',
    needs: ['target'],
    next: {
      'another-boot': { to: 'back', gives: ['awaits', 'drivers'] },
      'the-same-boot': { to: 'back', gives: ['awaits', 'drivers'] },
      late: { to: 'in-the-dark' },
    },
    watch: () => ({ every: '10s', within: '4m', late: 'late' }),
    observe: ({ site, facts: { target } }) => ({
      ...witnesses(site, target),
      csiNode: getCsiNode(site.cluster, target.name),
    }),
    conclude: ({ guest, node, csiNode }, { to, wait, facts: { target } }) => {
      if (!guest.ok) return wait(`the guest does not answer yet: ${guest.says}`);
      const drivers = csiNode.ok ? (csiNode.value?.drivers ?? []).map((it) => it.name) : [];
      const { bootId } = guest.value;
      if (bootId !== target.bootId)
        return to['another-boot'](`the guest runs boot ${bootId}, before it was ${target.bootId}`, {
          awaits: 'a new boot',
          drivers,
        });
      return node.ok && node.value?.ready === 'True'
        ? to['the-same-boot'](`the guest goes on with boot ${bootId}, and the node is Ready`, {
            awaits: 'the same boot',
            drivers,
          })
        : wait(`the guest goes on with boot ${bootId}; the node is not Ready yet`);
    },
  }),

  cold: step.probe({
    title: 'May the VM be stopped and started?',
    needs: ['target', 'vm'],
    expect: 'may',
    next: {
      may: { to: 'stop' },
      off: { to: 'start' },
      'boot-disk': { to: 'boot-disk' },
      pending: { to: 'pending' },
      forbidden: { to: 'hands-off' },
      unknown: { to: 'unknown-vm' },
    },
    observe: ({ site, facts: { target } }) => ({ vms: vmOnAnyHost(site, target.name) }),
    conclude: ({ vms }, { to }) => {
      const found = findVm(vms);
      if (found.is !== 'found') return to.unknown(found.because);
      const word = judgeColdStart(found.vm);
      return to[word.is](word.because);
    },
  }),

  stop: step.action({
    title: 'Stop the VM, to start it anew (qm stop)',
    risk: 'destructive',
    needs: ['target', 'control', 'verdict', 'climbed', 'vm', 'voters'],
    mayUse: ['reboots'],
    next: {
      confirmed: { to: 'start' },
      refuted: { to: 'does-not-stop' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'survey', atMost: 3, then: 'restless' },
    },
    target: ({ facts: { vm, target } }) => targetVm(vm, target),
    guards: ({ site, now, facts: { target, control, climbed, voters } }) =>
      guardsOfReset(site, target, control, climbed, voters, 'running', now),
    blastRadius: {
      observe: ({ site }) => hit(site),
      measure: (seen, { facts: { target, voters } }) => measure(target, voters, seen),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site, facts: { target } }) => machineLook(site, target.name),
      judge: (seen, { facts: { target } }) => {
        const found = findVm(seen.vms);
        if (found.is !== 'found') return { drift: 'unknown', because: found.because };
        const may = judgeColdStart(found.vm);
        if (may.is !== 'may') return { drift: 'changed', because: may.because };
        const word = judgeAfterReset(target, seen);
        switch (word.is) {
          case 'nothing':
          case 'not-up':
            return { drift: 'same', because: `${word.because}; ${may.because}` };
          case 'booted':
          case 'paused':
          case 'stopped':
          case 'unseen':
            return { drift: 'changed', because: word.because };
          case 'unknown':
            return { drift: 'unknown', because: word.because };
        }
      },
    },
    warn: ({ facts: { vm } }) =>
      [
        warning(vm),
        'A stop and start deactivates the volumes and boots by the boot order: what the reset would have kept, this does not.',
      ]
        .filter((it) => it !== undefined)
        .join(' '),
    reason: ({ params, facts: { target, reboots = [] } }) =>
      whyAgain(target, reboots, params.before),
    commands: ({ facts: { vm } }) => [switchVm(vm, 'stop')],
    effect: {
      proof: 'the VM is stopped, within 100 s',
      every: '5s',
      within: '100s',
      identity: ({ facts: { vm } }) => ({ now: vmOn(vm.host, vm.vmid) }),
      judge: (_, { now }, { facts: { vm } }) => judgePower(vm, now, 'stopped'),
    },
    undo: 'qm start, which is the next step',
    leaves: ({ facts: { vm, target } }) => [
      {
        id: stopOf(target.name),
        left: `VM ${vm.vmid} (${vm.name}) was stopped by this run`,
        todo: `On ${vm.host}: qm start ${vm.vmid}, and watch its console until it has booted.`,
      },
    ],
  }),

  start: step.action({
    title: 'Start the VM (qm start)',
    risk: 'disruptive',
    needs: ['target', 'vm'],
    next: {
      confirmed: { to: 'back' },
      refuted: { to: 'does-not-boot' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'survey', atMost: 3, then: 'restless' },
    },
    target: ({ facts: { vm, target } }) => targetVm(vm, target),
    // A machine that is off is brought back whatever else is going on: left off it breaks more.
    guards: ({ site, facts: { target } }) => [
      vmIdentity(site, target.name),
      vmState(site, target.name, 'stopped'),
    ],
    blastRadius: {
      observe: () => ({}),
      measure: () => ({
        counts: [{ what: 'guest that boots', count: 1, names: [] }],
        unknown: [],
      }),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ facts: { vm } }) => ({ now: vmOn(vm.host, vm.vmid) }),
      judge: ({ now }, { facts: { vm } }) => stillIs(vm, now, (it) => it.status === 'stopped'),
    },
    commands: ({ facts: { vm } }) => [switchVm(vm, 'start')],
    effect: {
      proof: 'QEMU says that the guest runs, within 60 s; its boot is proven by its boot ID next',
      every: '5s',
      within: '60s',
      identity: ({ facts: { vm } }) => ({ now: vmOn(vm.host, vm.vmid) }),
      judge: (_, { now }, { facts: { vm } }) => judgePower(vm, now, 'running'),
    },
    undo: 'none',
    settles: ({ facts: { target } }) => [stopOf(target.name)],
  }),
});

const stopOf = (node: string): string => `stop ${node}`;
