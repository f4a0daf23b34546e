import { podRefOf } from '../../../src/deeds/references.ts';
import { parseDuration } from '../../../src/runbook/duration.ts';
import { nfsClients } from '../../../src/tools/nfs/clients.ts';
import { nfsServer } from '../../../src/tools/nfs/server.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import type { MakeStep } from '../book.ts';
import { serversWord } from '../judge/diagnosis.ts';
import { nextRung } from '../judge/rung.ts';
import { sayTask, stuckTasks } from '../judge/survey.ts';
import { rungLook } from '../looks.ts';

/** The rungs below the machine, lowest first. Every one comes back to the same question. */
export const ladder = (step: MakeStep) => ({
  rung: step.probe({
    title: 'Is the node healed, and if not, what is the mildest thing left?',
    needs: ['target', 'control', 'verdict', 'climbed', 'tried'],
    expect: 'machine',
    next: {
      healed: { to: 'back', gives: ['awaits'] },
      kill: { to: 'kill', gives: ['climbed', 'tried', 'task'], atMost: 24, then: 'restless' },
      lease: { to: 'lease', gives: ['climbed', 'tried'], atMost: 6, then: 'restless' },
      csi: { to: 'csi-pod', gives: ['climbed', 'tried', 'agent'], atMost: 6, then: 'restless' },
      kubelet: {
        to: 'kubelet',
        gives: ['climbed', 'tried', 'kubeletPid'],
        atMost: 6,
        then: 'restless',
      },
      machine: { to: 'machine', gives: ['climbed', 'awaits'] },
      unclear: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '5m', late: 'unclear' }),
    observe: ({ site, facts: { target, tried } }) =>
      rungLook(site, target.name, tried !== 'none yet'),
    conclude: (seen, { to, wait, site, params, facts: { target, verdict, climbed, tried } }) => {
      const known = {
        node: target.name,
        driver: site.csi.driver,
        verdict,
        climbed,
        tried: tried === 'none yet' ? undefined : tried,
        patience: (parseDuration(params.patience) ?? 0) / 1000,
      };
      const word = nextRung(known, seen);
      const { next } = word;
      switch (next.is) {
        case 'healed':
          return to.healed(next.because, { awaits: 'the same boot' });
        case 'kill': {
          const { pid, startTicks, comm, wchan, ageSeconds } = next.task;
          return to.kill(next.because, {
            climbed: word.climbed,
            tried: next.rung,
            task: {
              node: target.name,
              pid,
              startTicks,
              comm,
              wchan,
              ageSeconds,
              poisons: next.rung === 'kill-poisoner',
            },
          });
        }
        case 'wait-young':
          return wait(next.because);
        case 'lease':
          return to.lease(next.because, { climbed: word.climbed, tried: 'wait-lease' });
        case 'csi':
          return to.csi(next.because, {
            climbed: word.climbed,
            tried: 'csi-pod',
            agent: podRefOf(next.pod),
          });
        case 'kubelet':
          return to.kubelet(next.because, {
            climbed: word.climbed,
            tried: 'kubelet',
            kubeletPid: next.mainPid,
          });
        case 'machine':
          return to.machine(next.because, { climbed: word.climbed, awaits: 'a new boot' });
        case 'unclear':
          return to.unclear(next.because);
      }
    },
  }),

  lease: step.probe({
    title: 'Does the client heal by itself within one lease?',
    needs: ['target'],
    next: { freed: { to: 'rung' }, waited: { to: 'rung' } },
    watch: ({ params }) => ({ every: '15s', within: params.lease, late: 'waited' }),
    observe: ({ site, facts: { target } }) => ({
      scan: tasks(target.name),
      clients: nfsClients(site),
      server: nfsServer(site),
    }),
    conclude: ({ clients, server }, { to, wait, now, samples, params, facts: { target } }) => {
      const scans = samples.map((it) => it.seen.scan);
      const stuck = stuckTasks(scans.slice(-2));
      const word = serversWord(clients, target);
      const said = [
        stuck.length === 0 ? 'nothing waits for NFS' : stuck.map(sayTask).join(', '),
        ...(word === undefined ? [] : [word]),
        ...(server?.ok === true ? [`the server's lease is ${server.value.leaseSeconds} s`] : []),
      ].join('; ');
      // A wedged client without a waiting task shows only in a test mount, which a lease's time must pass before.
      const waitedMs = now - (samples[0]?.at ?? now);
      const gone =
        samples.length > 2 &&
        stuck.length === 0 &&
        scans.some((it) => it.ok && it.value.tasks.length > 0);
      return gone
        ? to.freed(`after ${Math.round(waitedMs / 1000)} s: ${said}`)
        : wait(`${Math.round(waitedMs / 1000)} s of ${params.lease}; ${said}`);
    },
  }),
});
