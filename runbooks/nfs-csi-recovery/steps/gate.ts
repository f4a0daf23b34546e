import { getPod } from '../../../src/tools/kubectl/pods.ts';
import { podLogFile } from '../../../src/tools/node/pod-log.ts';
import type { MakeStep } from '../book.ts';
import { PATIENCE_MS, readCrash } from '../judge/crash.ts';
import { readGate, sameStuck } from '../judge/gate.ts';
import { readPort, settled } from '../judge/port.ts';
import { gateLook, portLook } from '../looks.ts';

/** Before a node is worked on, and what it is that stands in the way there. */
export const gate = (step: MakeStep) => ({
  gate: step.probe({
    title: 'May this node be worked on?',
    needs: ['patient'],
    next: {
      clear: { to: 'crash' },
      stuck: { to: 'hand-over' },
      unserved: { to: 'server-down' },
      blind: { to: 'blind' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'blind' }),
    observe: ({ site, facts: { patient } }) => gateLook(site, patient.node),
    conclude: (seen, { to, wait, samples, facts: { patient } }) => {
      const word = readGate(patient.node, seen);
      const earlier = samples.at(-2);
      const before = earlier === undefined ? undefined : readGate(patient.node, earlier.seen);
      switch (word.is) {
        case 'clear':
          return to.clear(word.because);
        case 'stuck':
          return before?.is === 'stuck' && sameStuck(word.tasks, before.tasks)
            ? to.stuck(word.because)
            : wait(`${word.because}; looking once more`);
        case 'kubelet':
          return before?.is === 'kubelet'
            ? to.stuck(word.because)
            : wait(`${word.because}; looking once more`);
        case 'unserved':
          return before?.is === 'unserved'
            ? to.unserved(word.because)
            : wait(`${word.because}; asking once more`);
        case 'blind':
          return before?.is === 'blind'
            ? to.blind(word.because)
            : wait(`${word.because}; looking once more`);
      }
    },
  }),

  crash: step.probe({
    title: 'Which port could its pod not bind?',
    needs: ['patient'],
    next: {
      contested: { to: 'port', gives: ['contest'] },
      unsaid: { to: 'port', gives: ['contest'] },
      blind: { to: 'blind' },
    },
    watch: () => ({ every: '10s', within: '30s', late: 'blind' }),
    observe: ({ site, facts: { patient } }) => ({
      pod: getPod(site.cluster, patient.pod),
      logs: Object.fromEntries(
        patient.crashed.map((name) => [name, podLogFile(patient.node, patient.pod, name)]),
      ),
    }),
    conclude: ({ pod, logs }, { to, wait, samples, facts: { patient } }) => {
      const word = readCrash(patient, pod, logs);
      const looking = (samples.at(-1)?.since ?? 0) - (samples[0]?.since ?? 0);
      return word.unread && looking < PATIENCE_MS
        ? wait(`${word.because}; reading once more`)
        : to[word.is](word.because, { contest: word.contest });
    },
  }),

  port: step.probe({
    title: 'Who holds the port?',
    needs: ['patient', 'contest'],
    expect: 'free',
    next: {
      free: { to: 'delete-pod' },
      orphan: { to: 'stop-sandbox', gives: ['holder'] },
      // Its stop is done already: only the removal is left, and then the kubelet.
      stopped: { to: 'remove-sandbox', gives: ['holder'] },
      stray: { to: 'kubelet-rung' },
      live: { to: 'co-located' },
      'dead-holder': { to: 'reset-node' },
      'host-service': { to: 'host-service' },
      unknown: { to: 'port-unknown' },
    },
    watch: () => ({ every: '10s', within: '90s', late: 'unknown' }),
    observe: ({ site, facts: { patient, contest } }) => portLook(site, patient, contest),
    conclude: (seen, { to, wait, samples, facts: { patient, contest } }) => {
      // Where no port is known there is nothing to look at twice.
      if (contest.ports.length === 0) return to.unknown(readPort(patient, contest, seen).because);
      const held = settled(patient, contest, samples);
      if (held === undefined) return wait('who holds it is read twice, 10 s apart');
      switch (held.is) {
        case 'free':
          return to.free(held.because);
        case 'orphan':
          return held.holder.sandbox.ready
            ? to.orphan(held.because, { holder: held.holder })
            : to.stopped(`${held.because}; its sandbox is stopped already`, {
                holder: held.holder,
              });
        case 'stray':
          return to.stray(held.because);
        case 'leaving':
          return wait(held.because);
        case 'live':
          return to.live(held.because);
        case 'dead-holder':
          return to['dead-holder'](held.because);
        case 'host-service':
          return to['host-service'](held.because);
        case 'unknown':
          return wait(held.because);
      }
    },
  }),
});
