import { parseDuration } from '../../../src/runbook/duration.ts';
import { notOurAccessPath } from '../../../src/guards/access-path.ts';
import { noForeignMaintenance } from '../../../src/guards/maintenance.ts';
import { noOtherVoterDisturbed } from '../../../src/guards/quorum.ts';
import { sameMachine } from '../../../src/guards/same-machine.ts';
import { unsealPath } from '../../../src/guards/unseal-path.ts';
import { getPod } from '../../../src/tools/kubectl/pods.ts';
import { getNode } from '../../../src/tools/kubectl/nodes.ts';
import { nfsClients } from '../../../src/tools/nfs/clients.ts';
import { remains } from '../../../src/tools/node/remains.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { MakeStep } from '../book.ts';
import type { PodRef, StuckTask } from '../../../src/runbook/references.ts';
import { deletePod } from '../../../src/deeds/delete-pod.ts';
import { killStuckMount } from '../../../src/deeds/kill-mount.ts';
import { whatHolds } from '../judge/remains.ts';
import { blast, capture, guardsOf, measure, signals, stillStands } from '../remove.ts';

/** Everything that `whatHolds` judges by: the gate of a forced delete samples just what the fence rested on. */
const wreckOf = (site: Site, pod: PodRef) => ({
  pod: getPod(site.cluster, pod),
  node: getNode(site.cluster, pod.node),
  remains: remains(pod.node, pod.uid),
  scan: tasks(pod.node),
  clients: nfsClients(site),
});

const theVictim = ({
  facts,
}: {
  readonly site: Site;
  readonly facts: { readonly victim: { readonly pod: PodRef } };
}): PodRef => facts.victim.pod;

/** The deletion, and the rungs below it where it hangs: look, kill what may be killed, force only the dead. */
export const removal = (step: MakeStep) => ({
  remove: step.action({
    title: 'Delete a Vault pod that does not work, gracefully',
    risk: 'disruptive',
    needs: ['pods', 'standbys', 'victim', 'backend', 'unsealing', 'snapshot'],
    next: {
      confirmed: { to: 'replacement' },
      refuted: { to: 'hung' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'reach-api', atMost: 3, then: 'restless' },
    },
    capture: ({ site, facts: { victim } }) => capture(site, victim),
    guards: ({ site, now, facts: { pods, victim, backend, unsealing } }) =>
      guardsOf(site, pods, victim, backend, unsealing, now),
    blastRadius: {
      observe: ({ site, facts: { victim } }) => blast(site, victim),
      measure: (seen, { facts: { victim } }) => measure(victim, seen),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site, run, visit, now, facts: { pods, standbys, victim } }) =>
        signals(site, pods, standbys, victim, `${run}-gate-${visit}-${now}`),
      judge: (seen, { facts: { victim } }) => stillStands(victim, seen),
    },
    warn: ({ facts: { victim } }) =>
      victim.unproven
        ? `${victim.pod.name} is not proven stuck: this goes on in the name of whoever overrode that. Deleting a leader that works loses writes.`
        : victim.functionalWithout < victim.quorum
          ? `Quorum is already lost: ${victim.functionalWithout} functional voters without ${victim.pod.name}, quorum ${victim.quorum}. Deleting it does not make that worse, and brings a voter back only if the new pod comes up.`
          : undefined,
    ...deletePod(theVictim, '90s'),
    undo: 'none: the StatefulSet creates the pod again under the same name',
  }),

  hung: step.probe({
    title: 'What holds the old pod?',
    needs: ['victim', 'backend'],
    expect: 'gone',
    next: {
      gone: { to: 'replacement' },
      'stuck-mount': { to: 'kill-mount', gives: ['task'], atMost: 4, then: 'reset-node' },
      dead: { to: 'force-delete', gives: ['fence'] },
      zombie: { to: 'reset-node' },
      alive: { to: 'still-there' },
      'not-deleted': { to: 'not-deleted' },
      blind: { to: 'blind' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'alive' }),
    observe: ({ site, facts: { victim } }) => wreckOf(site, victim.pod),
    conclude: (seen, { to, wait, now, samples, params, site, facts: { victim, backend } }) => {
      const patience = (parseDuration(params.patience) ?? 0) / 1000;
      const holding = whatHolds(site, victim.pod, backend, patience, seen, now);
      const earlier = samples.at(-2);
      const before =
        earlier && whatHolds(site, victim.pod, backend, patience, earlier.seen, earlier.at);
      switch (holding.is) {
        case 'gone':
          return to.gone(holding.because);
        case 'stuck-mount': {
          const { pid, startTicks, comm, wchan, ageSeconds } = holding.task;
          return to['stuck-mount'](holding.because, {
            task: { node: victim.pod.node, pid, startTicks, comm, wchan, ageSeconds },
          });
        }
        case 'dead':
          // A process ends a moment before its pod goes: what is forced must have been dead twice.
          if (before?.is !== 'dead') return wait(`${holding.because}; looking once more`);
          return to.dead(holding.because, {
            fence: { uid: victim.pod.uid, node: victim.pod.node, because: holding.because },
          });
        case 'zombie':
          // A thread is let go a moment after the mount that it waited for: a node is not reset for one look.
          if (before?.is !== 'zombie') return wait(`${holding.because}; looking once more`);
          return to.zombie(holding.because);
        case 'not-deleted':
          return to['not-deleted'](holding.because);
        case 'alive':
          return wait(holding.because);
        case 'blind':
          // Likewise, and a way in that fails once may be there the next time.
          return before?.is === 'blind'
            ? to.blind(holding.because)
            : wait(`${holding.because}; looking once more`);
      }
    },
  }),

  'kill-mount': step.action({
    title: 'Kill the stuck mount.nfs',
    risk: 'disruptive',
    needs: ['task', 'victim'],
    next: {
      confirmed: { to: 'hung' },
      refuted: { to: 'reset-node' },
      declined: { to: 'left-hanging' },
      blocked: { to: 'blocked' },
      drifted: { to: 'hung', atMost: 3, then: 'restless' },
    },
    guards: ({ site, facts: { task: it } }) => [
      sameMachine(site, it.node),
      noForeignMaintenance(site),
      notOurAccessPath(site, it.node),
    ],
    ...killStuckMount(
      ({ facts }: { readonly site: Site; readonly facts: { readonly task: StuckTask } }) =>
        facts.task,
    ),
  }),

  'force-delete': step.action({
    title: 'Remove the dead pod from the API, by force',
    risk: 'destructive',
    needs: ['victim', 'fence', 'backend'],
    mayUse: ['unsealing'],
    fencedBy: 'fence',
    next: {
      confirmed: { to: 'replacement' },
      refuted: { to: 'still-there' },
      declined: { to: 'left-hanging' },
      blocked: { to: 'blocked' },
      drifted: { to: 'hung', atMost: 2, then: 'restless' },
    },
    guards: ({ site, facts: { victim, unsealing } }) => [
      noOtherVoterDisturbed(site, victim.pod.name),
      unsealPath(site, victim.pod.name, unsealing ?? 'sidecar'),
      noForeignMaintenance(site),
      notOurAccessPath(site, victim.pod.node),
    ],
    blastRadius: {
      observe: ({ site, facts: { victim } }) => blast(site, victim),
      measure: (seen, { facts: { victim } }) => measure(victim, seen),
    },
    drift: {
      freshWithin: '30s',
      observe: ({ site, facts: { victim } }) => wreckOf(site, victim.pod),
      judge: (seen, { now, site, facts: { victim, backend } }) => {
        const holding = whatHolds(site, victim.pod, backend, Number.POSITIVE_INFINITY, seen, now);
        if (holding.is === 'dead') return { drift: 'same', because: holding.because };
        return holding.is === 'blind'
          ? { drift: 'unknown', because: holding.because }
          : { drift: 'changed', because: holding.because };
      },
    },
    ...deletePod(theVictim, '30s', 'by force'),
    undo: 'none',
  }),
});
