import { podRefOf } from '../../../src/deeds/references.ts';
import { apiReady } from '../../../src/tools/kubectl/ready.ts';
import type { MakeStep } from '../book.ts';
import { allWaiting, known, standings } from '../judge/nodes.ts';
import { counted, few, path } from '../judge/pods.ts';
import { readServer } from '../judge/server.ts';
import {
  controlOf,
  hangingPatient,
  missingDirectories,
  sayStandings,
  survey,
} from '../judge/survey.ts';
import { isQuiet } from '../judge/whole.ts';
import { drivers, serverLook, sight } from '../looks.ts';

/** Which node is next, and is it the driver at all? Nothing here changes anything. */
export const diagnosis = (step: MakeStep) => ({
  'reach-api': step.probe({
    title: 'Does the API server answer, and where is the driver?',
    next: {
      found: { to: 'server', gives: ['repaired', 'unfinished'] },
      none: { to: 'no-driver' },
      denied: { to: 'no-rights' },
      silent: { to: 'no-api' },
    },
    observe: ({ site }) => ({ ready: apiReady(site.cluster), drivers: drivers(site) }),
    conclude: ({ ready, drivers: pods }, { to, site }) => {
      if (!ready.ok) {
        return ready.why === 'denied'
          ? to.denied(`the API server of ${site.cluster.name} does not let you in: ${ready.says}`)
          : to.silent(`the API server of ${site.cluster.name} does not answer: ${ready.says}`);
      }
      if (!pods.ok) {
        const because = `the pods of the driver could not be listed: ${pods.says}`;
        return pods.why === 'denied' ? to.denied(because) : to.silent(because);
      }
      if (pods.value.length === 0) {
        return to.none(`no pod in ${site.csi.namespace} has the labels ${site.csi.nodeSelector}`);
      }
      const up = pods.value.filter((p) => p.ready).length;
      return to.found(
        `${site.csi.driver} has ${counted(pods.value.length, 'pod', 'pods')} in ${site.csi.namespace}, ${up} of them ready`,
        { repaired: [], unfinished: [] },
      );
    },
  }),

  server: step.probe({
    title: 'Is the NFS server itself well?',
    next: {
      well: { to: 'survey', gives: ['remarks'] },
      down: { to: 'server-down' },
      busy: { to: 'server-busy' },
      unknown: { to: 'server-unknown' },
    },
    watch: () => ({ every: '15s', within: '3m', late: 'unknown' }),
    observe: ({ site }) => serverLook(site),
    conclude: ({ answers, server }, { to, wait, site, samples }) => {
      if (site.nfs === undefined) return to.unknown('the inventory names no NFS server');
      const word = readServer(answers, server);
      switch (word.is) {
        case 'well':
          return to.well(word.because, { remarks: word.remarks });
        case 'grace':
          return wait(word.because);
        case 'down':
          return samples.length < 2
            ? wait(`${word.because}; asking once more`)
            : to.down(word.because);
        case 'busy':
          return to.busy(word.because);
        case 'unknown':
          return samples.length < 2
            ? wait(`${word.because}; asking once more`)
            : to.unknown(word.because);
      }
    },
  }),

  survey: step.probe({
    title: 'On which nodes is the driver not registered, and which is next?',
    needs: ['repaired', 'remarks'],
    mayUse: ['begun', 'control'],
    expect: 'registered',
    next: {
      ill: { to: 'gate', gives: ['begun', 'control', 'patient'], atMost: 40, then: 'restless' },
      'none-healthy': {
        to: 'without-control',
        gives: ['begun', 'control', 'patient'],
        atMost: 1,
        then: 'restless',
      },
      'cut-off': {
        to: 'network',
        gives: ['begun', 'control', 'agent'],
        atMost: 8,
        then: 'network-ill',
      },
      down: {
        to: 'hand-over',
        gives: ['begun', 'control', 'patient'],
        atMost: 3,
        then: 'restless',
      },
      hanging: {
        to: 'hand-over',
        gives: ['begun', 'control', 'patient'],
        atMost: 6,
        then: 'restless',
      },
      registered: { to: 'controllers', gives: ['begun', 'control'] },
      healthy: { to: 'healthy' },
      'no-entry': { to: 'no-entry', gives: ['remarks'] },
      'control-lost': { to: 'control-lost' },
      absent: { to: 'absent' },
      'no-agent': { to: 'no-agent' },
      'no-network': { to: 'no-network' },
      late: { to: 'not-coming' },
      unread: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '4m', late: 'late' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, now, samples, site, visit, facts }) => {
      const look = known(seen);
      const earlier = samples.at(-2);
      const before = earlier === undefined ? undefined : known(earlier.seen);
      if (look.known === undefined) {
        return before !== undefined && before.known === undefined
          ? to.unread(look.unread)
          : wait(`${look.unread}; looking once more`);
      }
      const all = standings(site, look.known, now);
      // A container that crashes is up for a moment in between: one look may meet just that.
      if (earlier === undefined || before?.known === undefined)
        return wait(`${sayStandings(all)}; looking once more`);
      const then = standings(site, before.known, earlier.at);
      const moved = all.filter((s) => then.find((t) => t.node === s.node)?.is !== s.is);
      if (moved.length > 0) return wait(`${few(moved.map((s) => s.because))}: just changed`);
      const word = survey(site, look.known, now);
      if (word.is === 'coming') return wait(word.because);
      const begun = facts.begun ?? {
        at: samples[0]?.since ?? now,
        ill: all.filter((s) => s.is !== 'registered' && s.is !== 'uncovered').map((s) => s.node),
        waiting: allWaiting(look.known).map(podRefOf),
      };
      const lost = all.find((s) => s.node === facts.control && s.is !== 'registered');
      if (lost !== undefined) {
        return to['control-lost'](
          `${lost.node} was healthy when the run began, and is not any more: ${lost.because}`,
        );
      }
      const control =
        facts.control ?? (visit === 1 ? controlOf(site, look.known, now) : undefined) ?? null;
      const held = { begun, control };
      switch (word.is) {
        case 'ill':
          return control === null && facts.control === undefined
            ? to['none-healthy'](word.because, { ...held, patient: word.patient })
            : to.ill(word.because, { ...held, patient: word.patient });
        case 'cut-off':
          return to['cut-off'](word.because, {
            ...held,
            agent: {
              ...podRefOf(word.agent),
              containers: word.agent.containers.map((c) => c.name),
            },
          });
        case 'no-agent':
          // It may be made anew just now: its DaemonSet gets three minutes.
          return now - (samples[0]?.at ?? now) < 3 * 60_000
            ? wait(word.because)
            : to['no-agent'](word.because);
        case 'no-network':
          return to['no-network'](word.because);
        case 'down':
        case 'hanging': {
          const patient = hangingPatient(site, look.known, now, word);
          if (patient === undefined)
            return to.absent(`${word.because}; and it has no pod of the driver`);
          return word.is === 'down'
            ? to.down(word.because, { ...held, patient })
            : to.hanging(word.because, { ...held, patient });
        }
        case 'absent':
          return to.absent(word.because);
        case 'covered': {
          const missing = missingDirectories(site, look.known, now);
          if (missing.length > 0) {
            return to['no-entry'](
              `the driver is registered everywhere, and the server has no such directory for ${few(missing.map((m) => m.pod))}`,
              { remarks: [...facts.remarks, ...missing.map((m) => `${m.pod}: ${m.message}`)] },
            );
          }
          const waiting = allWaiting(look.known);
          return visit === 1 && isQuiet(site, look.known, now)
            ? to.healthy(`${word.because}; no pod waits for NFS`)
            : to.registered(
                `${word.because}; ${counted(waiting.length, 'pod waits', 'pods wait')} for NFS${waiting.length === 0 ? '' : `: ${few(waiting.map(path))}`}`,
                held,
              );
        }
      }
    },
  }),

  'without-control': step.choice({
    title: 'Go on without a healthy node to compare with?',
    needs: ['patient'],
    next: { stop: { to: 'left-alone' }, 'go-on': { to: 'gate' } },
    question: ({ facts: { patient } }) =>
      `The driver is registered on no node at all. That rather speaks for one cause behind all of them (the chart, the API server, the network) than for a port on each. Begin with ${patient.node} all the same?`,
    options: {
      stop: 'stop here; nothing is touched',
      'go-on': 'begin with that node, and see whether it helps',
    },
  }),
});
