import { podLogFile } from '../../../src/tools/node/pod-log.ts';
import { remains } from '../../../src/tools/node/remains.ts';
import type { MakeStep } from '../book.ts';
import { path } from '../judge/pods.ts';
import { heldDatabase, readLockHolder, staysUp } from '../judge/vault.ts';
import { lockLook } from '../looks.ts';
import { sandboxGuards, stopOrphan } from '../sandbox.ts';

/** A Vault pod that cannot open its database: the holder is named, and ended where it is an orphan. No file is deleted. */
export const lock = (step: MakeStep) => ({
  database: step.probe({
    title: "Is Vault's database held by somebody else?",
    needs: ['vaults', 'begun', 'control', 'repaired', 'remarks', 'unfinished'],
    next: {
      held: { to: 'lock-holder', gives: ['locked'] },
      no: { to: 'dependants', gives: ['unfinished'] },
      unread: { to: 'dependants', gives: ['unfinished'] },
      late: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'late' }),
    observe: ({ site, facts: { vaults } }) => ({
      logs: Object.fromEntries(
        vaults.map((v) => [v.pod.name, podLogFile(v.pod.node, v.pod, site.vault.container)]),
      ),
    }),
    conclude: ({ logs }, { to, wait, samples, facts: { vaults, unfinished } }) => {
      const word = heldDatabase(vaults, logs);
      const left = (why: string) => [
        ...unfinished,
        ...vaults.map(({ pod }) => ({
          uid: pod.uid,
          todo: `${path(pod)} on ${pod.node} is not up: ${why}. Start vault-raft-deadlock for it.`,
        })),
      ];
      switch (word.is) {
        case 'held':
          return to.held(word.because, { locked: word.locked });
        case 'no':
          return to.no(word.because, { unfinished: left(word.because) });
        case 'unread':
          return samples.length < 3
            ? wait(`${word.because}; looking once more`)
            : to.unread(word.because, { unfinished: left(word.because) });
      }
    },
  }),

  'lock-holder': step.probe({
    title: "Which process holds Vault's database, on which node?",
    needs: ['locked', 'begun', 'control', 'repaired', 'remarks', 'unfinished'],
    expect: 'orphan',
    next: {
      orphan: { to: 'lock-process', gives: ['holder'] },
      open: { to: 'dependants' },
      live: { to: 'dependants', gives: ['unfinished'] },
      late: { to: 'lock-held' },
    },
    watch: () => ({ every: '15s', within: '4m', late: 'late' }),
    observe: ({ site, facts: { locked } }) => lockLook(site, locked.pod),
    conclude: (seen, { to, wait, site, samples, facts: { locked, unfinished } }) => {
      const word = readLockHolder(site, locked, seen);
      const earlier = samples.at(-2);
      const before = earlier && readLockHolder(site, locked, earlier.seen);
      switch (word.is) {
        case 'open':
          return to.open(word.because);
        case 'orphan':
          return before?.is === 'orphan' && before.holder.sandbox.id === word.holder.sandbox.id
            ? to.orphan(word.because, { holder: word.holder })
            : wait(`${word.because}; the API is asked for it once more`);
        case 'live':
          return before?.is === 'live'
            ? to.live(word.because, {
                unfinished: [
                  ...unfinished,
                  {
                    uid: locked.pod.uid,
                    todo: `${path(locked.pod)} on ${locked.pod.node} cannot open its database: ${word.because}. End that process; the lock ends with it. No file is deleted: there is no lock file.`,
                  },
                ],
              })
            : wait(`${word.because}; looking once more`);
        case 'lease':
        case 'unknown':
          return wait(word.because);
      }
    },
  }),

  'lock-process': step.probe({
    title: 'Does a process of that orphan still run?',
    needs: ['holder', 'locked', 'begun', 'control', 'repaired', 'remarks'],
    expect: 'runs',
    next: {
      runs: { to: 'stop-holder', gives: ['holder'] },
      none: { to: 'lock-held' },
      blind: { to: 'lock-held' },
    },
    watch: () => ({ every: '10s', within: '30s', late: 'blind' }),
    observe: ({ facts: { holder } }) => ({ left: remains(holder.node, holder.sandbox.podUid) }),
    conclude: ({ left }, { to, wait, facts: { holder } }) => {
      if (!left.ok) return wait(`${holder.node} could not be looked at: ${left.says}`);
      if (!left.value.root) return wait(`${holder.node} was not looked at as root`);
      const names = left.value.processes.map((p) => `${p.comm} (pid ${p.pid}, state ${p.state})`);
      return names.length === 0
        ? to.none(`no process of uid ${holder.sandbox.podUid} runs on ${holder.node}`)
        : to.runs(`${names.join(', ')} on ${holder.node}`, {
            holder: { ...holder, process: names.join(', ') },
          });
    },
  }),

  'stop-holder': step.action({
    title: 'Stop the orphan that holds the database',
    risk: 'disruptive',
    needs: ['holder', 'locked', 'begun', 'control', 'repaired', 'remarks'],
    next: {
      confirmed: { to: 'released' },
      refuted: { to: 'lock-held' },
      declined: { to: 'lock-held' },
      blocked: { to: 'blocked' },
      drifted: { to: 'dependants', atMost: 4, then: 'restless' },
      skipped: { to: 'lock-held' },
      doubtful: { to: 'released' },
    },
    guards: ({ site, facts: { holder } }) => sandboxGuards(site, holder),
    ...stopOrphan,
  }),

  released: step.probe({
    title: 'Does Vault open its database now?',
    needs: ['locked', 'begun', 'control', 'repaired', 'remarks'],
    expect: 'open',
    next: { open: { to: 'dependants' }, late: { to: 'lock-held' } },
    watch: () => ({ every: '15s', within: '7m', late: 'late' }),
    observe: ({ site, facts: { locked } }) => lockLook(site, locked.pod),
    conclude: (seen, { to, wait, site, samples, facts: { locked } }) => {
      const word = readLockHolder(site, locked, seen);
      if (word.is === 'open') return to.open(word.because);
      const earlier = samples.at(-2);
      // A Vault that nobody has unsealed yet is not ready, and has opened its database all the same.
      return earlier !== undefined && staysUp(site, earlier.seen, seen)
        ? to.open(`${locked.pod.name} runs without another restart: its database is open`)
        : wait(word.because);
    },
  }),
});
