import { noForeignMaintenance } from '../../../src/guards/maintenance.ts';
import { podEvents } from '../../../src/tools/kubectl/events.ts';
import { listPods } from '../../../src/tools/kubectl/pods.ts';
import {
  getStatefulSet,
  patchFsGroupChangePolicy,
} from '../../../src/tools/kubectl/statefulset.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { health } from '../../../src/tools/vault/proxy.ts';
import type { MakeStep } from '../book.ts';
import { patchAccepted } from '../guard-patch.ts';
import { readArrival } from '../judge/recovery.ts';
import { readSurvey } from '../judge/survey.ts';
import { current } from '../judge/replaced.ts';
import { ownWord } from '../../../src/guards/voters.ts';
import { nodesOf } from '../../../src/guards/vantage.ts';

/** The new pod comes up, by itself or with help. */
export const recovery = (step: MakeStep) => ({
  replacement: step.probe({
    title: 'Does the new pod come up?',
    needs: ['pods', 'victim', 'backend'],
    expect: 'up',
    next: {
      up: { to: 'settle', gives: ['replacement'] },
      repaired: { to: 'again', gives: ['replacement'] },
      sealed: { to: 'unseal', gives: ['replacement'] },
      'chown-loop': { to: 'policy', gives: ['victim'] },
      'mount-stuck': { to: 'reset-node', gives: ['victim'], atMost: 3, then: 'not-up' },
      late: { to: 'not-up' },
    },
    watch: () => ({ every: '10s', within: '10m', late: 'late' }),
    observe: ({ site, facts: { pods, victim } }) => ({
      pods: listPods(site.cluster, victim.pod.namespace, site.vault.selector),
      events: podEvents(site.cluster, victim.pod.namespace, victim.pod.name),
      health: health(site, victim.pod),
      scans: Object.fromEntries(
        [...new Set([...nodesOf(pods), ...site.nodes.map((n) => n.name)])].map((n) => [
          n,
          tasks(n),
        ]),
      ),
    }),
    conclude: (seen, { to, wait, now, samples, facts: { victim } }) => {
      const since = samples[0]?.at ?? now;
      const arrived = readArrival(victim.pod, seen, since, now);
      switch (arrived.is) {
        case 'up':
          return victim.state === 'down'
            ? to.repaired(arrived.because, { replacement: arrived.pod })
            : to.up(arrived.because, { replacement: arrived.pod });
        case 'sealed':
          return to.sealed(arrived.because, { replacement: arrived.pod });
        case 'chown-loop':
          return to['chown-loop'](arrived.because, {
            victim: {
              ...victim,
              pod: arrived.pod,
              role: 'voter',
              state: 'looping',
              unproven: false,
              because: arrived.because,
            },
          });
        case 'mount-stuck':
          return to['mount-stuck'](arrived.because, { victim: { ...victim, pod: arrived.pod } });
        case 'coming':
          return wait(arrived.because);
      }
    },
  }),

  again: step.probe({
    title: 'One voter is back: does Vault work now?',
    needs: ['pods', 'replacement'],
    next: {
      well: { to: 'settle', gives: ['pods', 'standbys'] },
      ill: { to: 'reach-api', atMost: 3, then: 'restless' },
      electing: { to: 'reach-api', atMost: 3, then: 'restless' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'electing' }),
    observe: ({ site, facts: { pods, replacement } }) => {
      const members = current(pods, replacement);
      return {
        pods: listPods(site.cluster, replacement.namespace, site.vault.selector),
        ...ownWord(site, members),
        outside: undefined,
      };
    },
    conclude: (seen, { to, wait, facts: { pods, replacement } }) => {
      const members = current(pods, replacement);
      const word = readSurvey(members, seen);
      if (word.is === 'well')
        return to.well(word.because, { pods: members, standbys: word.standbys });
      // With quorum back the voters elect by themselves, if no leader stands in their way.
      return word.standbys.length < 2 ? to.ill(word.because) : wait(word.because);
    },
  }),

  unseal: step.manual({
    title: 'Unseal the new pod by hand',
    needs: ['replacement'],
    next: { done: { to: 'settle' }, declined: { to: 'not-up' } },
    instructions: ({ site, facts: { replacement } }) => [
      `${replacement.name} runs on ${replacement.node} and is sealed; nothing has unsealed it.`,
      `For each key share: kubectl --context ${site.cluster.context} -n ${replacement.namespace} exec -ti ${replacement.name} -c ${site.vault.container} -- vault operator unseal`,
    ],
    verify: {
      observe: ({ site, facts: { replacement } }) => ({ health: health(site, replacement) }),
      judge: ({ health: seen }) => {
        if (!seen.ok) return { verdict: 'unknown', because: `it does not answer: ${seen.says}` };
        return seen.value.sealed
          ? { verdict: 'fails', because: 'it is still sealed' }
          : { verdict: 'holds', because: 'it is unsealed' };
      },
    },
  }),

  policy: step.probe({
    title: 'May the StatefulSet be told to skip that walk?',
    needs: ['victim'],
    next: {
      patchable: { to: 'patch', gives: ['fsGroup'] },
      set: { to: 'unsealing', atMost: 1, then: 'not-up' },
      no: { to: 'not-up' },
    },
    observe: ({ site: { cluster, vault } }) => ({
      set: getStatefulSet(cluster, vault.namespace, vault.statefulSet),
    }),
    conclude: ({ set }, { to }) => {
      if (!set.ok) return to.no(`the StatefulSet could not be read: ${set.says}`);
      if (set.value === undefined) return to.no('there is no such StatefulSet');
      if (set.value.fsGroupChangePolicy === 'OnRootMismatch')
        return to.set('the StatefulSet says OnRootMismatch already; this pod is older');
      if (set.value.updateStrategy !== 'OnDelete')
        return to.no(
          `its update strategy is ${set.value.updateStrategy}: a patch would restart every pod`,
        );
      return set.value.fsGroup === undefined
        ? to.no('its pods have no fsGroup')
        : to.patchable(
            `update strategy OnDelete, fsGroup ${set.value.fsGroup}: a patch restarts nothing`,
            { fsGroup: set.value.fsGroup },
          );
    },
  }),

  patch: step.action({
    title: 'Set fsGroupChangePolicy to OnRootMismatch',
    risk: 'reversible',
    needs: ['fsGroup', 'victim'],
    next: {
      confirmed: { to: 'unsealing', atMost: 1, then: 'not-up' },
      refuted: { to: 'not-up' },
      declined: { to: 'not-up' },
      blocked: { to: 'blocked' },
      drifted: { to: 'policy', atMost: 2, then: 'restless' },
    },
    target: ({ site: { vault }, facts: { fsGroup } }) => ({
      name: vault.statefulSet,
      kind: 'statefulset',
      proven: [`namespace ${vault.namespace}`, `update strategy OnDelete, fsGroup ${fsGroup}`],
    }),
    guards: ({ site, facts: { fsGroup } }) => [
      patchAccepted(site, fsGroup),
      noForeignMaintenance(site),
    ],
    blastRadius: {
      observe: () => ({}),
      measure: () => ({
        counts: [{ what: 'pod restarted now', count: 0, names: [] }],
        unknown: [],
      }),
    },
    drift: {
      freshWithin: '60s',
      observe: ({ site: { cluster, vault } }) => ({
        set: getStatefulSet(cluster, vault.namespace, vault.statefulSet),
      }),
      judge: ({ set }, { facts: { fsGroup } }) => {
        if (!set.ok)
          return { drift: 'unknown', because: `the StatefulSet could not be read: ${set.says}` };
        const same =
          set.value?.updateStrategy === 'OnDelete' &&
          set.value.fsGroup === fsGroup &&
          set.value.fsGroupChangePolicy !== 'OnRootMismatch';
        return same
          ? { drift: 'same', because: 'the StatefulSet is as it was seen' }
          : { drift: 'changed', because: 'the StatefulSet has changed since it was looked at' };
      },
    },
    commands: ({ site: { cluster, vault }, facts: { fsGroup } }) => [
      patchFsGroupChangePolicy(cluster, vault.namespace, vault.statefulSet, {
        fsGroup,
        dryRun: false,
      }),
    ],
    effect: {
      proof: 'the StatefulSet reads back OnRootMismatch, within 10 s',
      every: '2s',
      within: '10s',
      identity: ({ site: { cluster, vault } }) => ({
        set: getStatefulSet(cluster, vault.namespace, vault.statefulSet),
      }),
      judge: (_, { set }) => {
        if (!set.ok)
          return { effect: 'unknown', because: `the StatefulSet could not be read: ${set.says}` };
        const policy = set.value?.fsGroupChangePolicy ?? 'Always';
        return policy === 'OnRootMismatch'
          ? { effect: 'confirmed', because: 'the StatefulSet reads back OnRootMismatch' }
          : { effect: 'refuted', because: `the StatefulSet still says ${policy}` };
      },
    },
    undo: 'kubectl patch with the opposite operation; Terraform or Helm undoes it at its next apply',
    leaves: ({ site: { vault } }) => [
      {
        left: `StatefulSet ${vault.namespace}/${vault.statefulSet} is patched live: fsGroupChangePolicy OnRootMismatch`,
        todo: 'Write it into Terraform or Helm with all five securityContext fields (fsGroup, runAsGroup, runAsUser, runAsNonRoot, fsGroupChangePolicy) and apply it today: the next apply takes it back otherwise.',
      },
    ],
  }),
});
