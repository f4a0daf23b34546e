import { GRACE_S } from '../../../src/deeds/delete-pod.ts';
import { podEvents } from '../../../src/tools/kubectl/events.ts';
import { remains } from '../../../src/tools/node/remains.ts';
import type { MakeStep } from '../book.ts';
import { litter, lostPod, readFence } from '../judge/lost.ts';
import type { Lost, Unfinished } from '../facts.ts';
import { known } from '../judge/nodes.ts';
import { few, path } from '../judge/pods.ts';
import { unopened } from '../judge/vault.ts';
import { lostLook, sight } from '../looks.ts';
import { removeLost } from '../lost.ts';

/** What depends on the volumes and did not come back with them: a lost container, a database that somebody still holds. */
export const dependants = (step: MakeStep) => ({
  dependants: step.probe({
    title: 'What else has not come back?',
    needs: ['begun', 'control', 'repaired', 'remarks', 'unfinished'],
    expect: 'none',
    next: {
      lost: { to: 'fence', gives: ['lost'], atMost: 6, then: 'restless' },
      database: { to: 'database', gives: ['vaults'], atMost: 4, then: 'restless' },
      none: { to: 'verify', gives: ['remarks'] },
      unread: { to: 'unclear' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'unread' }),
    observe: ({ site }) => sight(site),
    conclude: (seen, { to, wait, site, facts: { remarks, unfinished } }) => {
      const look = known(seen);
      if (look.known === undefined) return wait(look.unread);
      const open = (uid: string): boolean => !unfinished.some((it) => it.uid === uid);
      const { pods, claims, volumes } = look.known;
      const lost = lostPod(
        pods.filter((p) => open(p.uid)),
        claims,
        volumes,
      );
      if (lost !== undefined) {
        return to.lost(
          `${path(lost.pod)} on ${lost.pod.node}: its kubelet has lost the container, which may still run`,
          { lost },
        );
      }
      const vaults = unopened(site, look.known).filter((v) => open(v.pod.uid));
      if (vaults.length > 0) {
        return to.database(
          `${few(vaults.map((v) => path(v.pod)))} did not come up: somebody may hold the database`,
          { vaults },
        );
      }
      const left = litter(pods);
      const said =
        left.length === 0 ? [] : [`Remains of pods that were replaced: ${few(left, 8)}.`];
      const others =
        unfinished.length === 0
          ? 'no container is lost, and no database is held'
          : `besides what is left as it is (${unfinished.length}), no container is lost, and no database is held`;
      return to.none(left.length === 0 ? others : `${others}; only remains: ${few(left)}`, {
        remarks: [...remarks.filter((r) => !said.includes(r)), ...said],
      });
    },
  }),

  fence: step.probe({
    title: 'Is the lost container proven dead, on its node and at the NFS server?',
    needs: ['lost', 'begun', 'control', 'repaired', 'remarks', 'unfinished'],
    expect: 'dead',
    next: {
      dead: { to: 'delete-lost', gives: ['fence'] },
      gone: { to: 'dependants' },
      alive: { to: 'dependants', gives: ['unfinished'] },
      blind: { to: 'dependants', gives: ['unfinished'] },
      late: { to: 'lost-unproven' },
    },
    // Read twice; and never more than five deletions in a minute, however many are lost (DOMAIN 2.0).
    watch: () => ({ every: '13s', within: '65s', late: 'late' }),
    observe: ({ site, facts: { lost } }) => lostLook(site, lost),
    conclude: (seen, { to, wait, site, samples, facts: { lost, unfinished } }) => {
      const word = readFence(site, lost, seen);
      const earlier = samples.at(-2);
      const before = earlier && readFence(site, lost, earlier.seen);
      const left = [...unfinished, leftAlone(lost, word.because)];
      switch (word.is) {
        case 'gone':
          return to.gone(word.because);
        case 'dead':
          return before?.is === 'dead'
            ? to.dead(word.because, {
                fence: { uid: lost.pod.uid, node: lost.pod.node, because: word.because },
              })
            : wait(`${word.because}; looking once more`);
        case 'alive':
          return before?.is === 'alive'
            ? to.alive(word.because, { unfinished: left })
            : wait(`${word.because}; looking once more`);
        case 'blind':
          return before?.is === 'blind'
            ? to.blind(word.because, { unfinished: left })
            : wait(`${word.because}; looking once more`);
      }
    },
  }),

  'delete-lost': step.action({
    title: 'Delete the pod whose container is lost and proven dead',
    risk: 'destructive',
    needs: ['lost', 'fence', 'begun', 'control', 'repaired', 'remarks'],
    fencedBy: 'fence',
    next: {
      confirmed: { to: 'dependants' },
      refuted: { to: 'lost-hung' },
      declined: { to: 'lost-left' },
      blocked: { to: 'blocked' },
      drifted: { to: 'dependants', atMost: 4, then: 'restless' },
      skipped: { to: 'lost-left' },
      doubtful: { to: 'dependants' },
    },
    capture: ({ site, facts: { lost } }) => ({
      events: podEvents(site.cluster, lost.pod.namespace, lost.pod.name),
      remains: remains(lost.pod.node, lost.pod.uid),
    }),
    ...removeLost('gracefully'),
  }),

  'lost-hung': step.probe({
    title: 'Once twice its grace is over, is it still proven dead?',
    needs: ['lost', 'begun', 'control', 'repaired', 'remarks', 'unfinished'],
    expect: 'dead',
    next: {
      dead: { to: 'force-lost', gives: ['fence'] },
      gone: { to: 'dependants' },
      alive: { to: 'dependants', gives: ['unfinished'] },
      late: { to: 'lost-unproven' },
    },
    watch: () => ({ every: '10s', within: '3m', late: 'late' }),
    observe: ({ site, facts: { lost } }) => lostLook(site, lost),
    conclude: (seen, { to, wait, now, site, samples, facts: { lost, unfinished } }) => {
      const word = readFence(site, lost, seen);
      const earlier = samples.at(-2);
      const before = earlier && readFence(site, lost, earlier.seen);
      switch (word.is) {
        case 'gone':
          return to.gone(word.because);
        case 'alive':
          return before?.is === 'alive'
            ? to.alive(word.because, {
                unfinished: [...unfinished, leftAlone(lost, word.because)],
              })
            : wait(`${word.because}; looking once more`);
        case 'blind':
          return wait(word.because);
        case 'dead': {
          // The API server dates a deletion to the end of its grace: kubelet gets the same time once more (COMMANDS F).
          const due = seen.pod.ok ? seen.pod.value?.deletionTimestamp : undefined;
          const over = due !== undefined && now > Date.parse(due) + GRACE_S * 1000;
          return over && before?.is === 'dead'
            ? to.dead(word.because, {
                fence: { uid: lost.pod.uid, node: lost.pod.node, because: word.because },
              })
            : wait(`${word.because}; its grace ends ${due ?? 'at a time that is not known'}`);
        }
      }
    },
  }),

  'force-lost': step.action({
    title: 'Remove the dead pod from the API, by force',
    risk: 'destructive',
    needs: ['lost', 'fence', 'begun', 'control', 'repaired', 'remarks'],
    fencedBy: 'fence',
    next: {
      confirmed: { to: 'dependants' },
      refuted: { to: 'lost-left' },
      declined: { to: 'lost-left' },
      blocked: { to: 'blocked' },
      drifted: { to: 'dependants', atMost: 4, then: 'restless' },
      doubtful: { to: 'dependants' },
    },
    ...removeLost('by force'),
  }),
});

/** Deleting it would make two writers, or might: the rest of the recovery goes on without it. */
const leftAlone = ({ pod }: Lost, because: string): Unfinished => ({
  uid: pod.uid,
  todo: `${path(pod)} (uid ${pod.uid}) on ${pod.node} is left as it is: ${because}. End that process there, or prove it dead there and at the NFS server, before the pod is deleted. No file is deleted.`,
});
