import { podRefOf } from '../../../src/deeds/references.ts';
import { parseDuration, toMs } from '../../../src/runbook/duration.ts';
import type { Duration } from '../../../src/runbook/duration.ts';
import { nfsClients } from '../../../src/tools/nfs/clients.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import type { MakeStep } from '../book.ts';
import { serversWord } from '../judge/diagnosis.ts';
import { nextRung } from '../judge/rung.ts';
import { sayTask, waitingForNfs } from '../judge/stuck.ts';
import { rungLook } from '../looks.ts';

/** The rungs below the machine, lowest first. Every one comes back to the same question. */
export const ladder = (step: MakeStep) => ({
  rung: step.probe({
    title: 'Is the node healed, and if not, what is the mildest thing left?',
    needs: ['target', 'control', 'verdict', 'version', 'climbed', 'tried', 'killed'],
    expect: 'machine',
    next: {
      healed: { to: 'back', gives: ['awaits'] },
      kill: {
        to: 'kill',
        gives: ['climbed', 'tried', 'task', 'killed'],
        atMost: 24,
        then: 'restless',
      },
      lease: { to: 'lease', gives: ['climbed', 'tried'], atMost: 6, then: 'restless' },
      csi: { to: 'csi-pod', gives: ['climbed', 'tried', 'agent'], atMost: 6, then: 'restless' },
      kubelet: {
        to: 'kubelet',
        gives: ['climbed', 'tried', 'kubeletPid'],
        atMost: 6,
        then: 'restless',
      },
      machine: { to: 'machine', gives: ['climbed', 'awaits'] },
      'by-hand': { to: 'kubelet-by-hand' },
      unclear: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '5m', late: 'unclear' }),
    observe: ({ site, facts: { target, version, tried } }) =>
      rungLook(site, target.name, tried === 'none yet' ? undefined : version),
    conclude: (_, { to, wait, samples, params, facts }) => {
      const { target, verdict, version, climbed, tried, killed } = facts;
      const known = {
        node: target.name,
        verdict,
        version,
        climbed,
        tried: tried === 'none yet' ? undefined : tried,
        killed,
        patience: (parseDuration(params.patience) ?? 0) / 1000,
      };
      const word = nextRung(
        known,
        samples.map((it) => it.seen),
      );
      const { next } = word;
      switch (next.is) {
        case 'healed':
          return to.healed(next.because, { awaits: 'the same boot' });
        case 'kill': {
          const { pid, startTicks, comm, wchan, ageSeconds } = next.task;
          return to.kill(next.because, {
            climbed: word.climbed,
            tried: next.rung,
            killed: [...killed, { pid, startTicks }],
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
        case 'look-again':
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
        case 'by-hand':
        case 'unclear':
          return to[next.is](next.because);
      }
    },
  }),

  lease: step.probe({
    title: 'Does the client heal by itself within one lease?',
    needs: ['target', 'leaseSeconds'],
    next: { freed: { to: 'rung' }, waited: { to: 'rung' } },
    watch: ({ params, facts: { leaseSeconds } }) => ({
      every: '15s',
      within: longer(params.lease, leaseSeconds),
      late: 'waited',
    }),
    observe: ({ site, facts: { target } }) => ({
      scan: tasks(target.name),
      clients: nfsClients(site),
    }),
    conclude: ({ clients }, { to, wait, now, samples, facts: { target } }) => {
      const scans = samples.flatMap(({ seen }) => (seen.scan.ok ? [seen.scan.value.tasks] : []));
      const [first = [], ...later] = scans;
      const last = later.slice(-2);
      const waits = waitingForNfs(scans.at(-1) ?? []);
      const word = serversWord(clients, target);
      const seconds = Math.round((now - (samples[0]?.at ?? now)) / 1000);
      const said = [
        scans.length === 0
          ? 'the node could not be looked at'
          : waits.length === 0
            ? 'nothing waits for NFS'
            : waits.map(sayTask).join(', '),
        ...(word === undefined ? [] : [word]),
      ].join('; ');
      // Freed is what waited at first and is gone from two looks; a client that nobody waits for shows in a test mount alone.
      const freed =
        waitingForNfs(first).length > 0 &&
        last.length === 2 &&
        last.every((it) => waitingForNfs(it).length === 0);
      return freed
        ? to.freed(`after ${seconds} s: ${said}`)
        : wait(`${seconds} s of the lease; ${said}`);
    },
  }),
});

/** The longer of what is set and what the server says of its lease. */
const longer = (set: Duration, leaseSeconds: number): Duration =>
  leaseSeconds > toMs(set) / 1000 ? `${leaseSeconds}s` : set;
