import { podRefOf } from '../../../src/deeds/references.ts';
import { ownWord } from '../../../src/guards/voters.ts';
import { podEvents } from '../../../src/tools/kubectl/events.ts';
import { listPods } from '../../../src/tools/kubectl/pods.ts';
import { health } from '../../../src/tools/vault/proxy.ts';
import type { MakeStep } from '../book.ts';
import { readWaiting } from '../judge/recovery.ts';
import { readSurvey } from '../judge/survey.ts';

/** How long a pod that is up is given to be found by the others, in milliseconds. */
const JOINING_MS = 60_000;

/** The node under a pod that no signal ends, or that cannot mount its volume: another runbook's work, then back to Vault. */
export const node = (step: MakeStep) => ({
  'reset-node': step.call({
    title: 'Repair the NFS client of the node under the pod',
    needs: ['victim'],
    mayUse: ['repaired'],
    runbook: 'kernel-nfs-reset',
    // Vault is down meanwhile, and its own soak follows: the node's is kept short.
    with: ({ facts: { victim, repaired = [] } }) => ({
      node: victim.pod.node,
      soak: '60s',
      called: true,
      before: repaired,
    }),
    next: {
      resolved: { to: 'node-back' },
      'not-this-incident': { to: 'node-well' },
      escalate: { to: 'node-left' },
      unsafe: { to: 'node-left' },
      aborted: { to: 'node-left' },
    },
  }),

  'node-back': step.probe({
    title: 'The node is well again: does Vault work now?',
    needs: ['victim', 'pods'],
    mayUse: ['repaired'],
    expect: 'well',
    next: {
      well: { to: 'settle', gives: ['pods', 'standbys', 'replacement', 'repaired'] },
      replaced: { to: 'replacement', gives: ['pods', 'repaired'] },
      'chown-loop': { to: 'policy', gives: ['victim', 'pods', 'repaired'] },
      others: { to: 'reach-api', gives: ['repaired'], atMost: 3, then: 'restless' },
      late: { to: 'reach-api', atMost: 3, then: 'restless' },
    },
    watch: () => ({ every: '10s', within: '4m', late: 'late' }),
    // The pods are asked by name, which the StatefulSet uses again; who they are now is in the list.
    observe: ({ site, facts: { victim, pods } }) => ({
      pods: listPods(site.cluster, victim.pod.namespace, site.vault.selector),
      ...ownWord(site, pods),
      own: health(site, victim.pod),
      events: podEvents(site.cluster, victim.pod.namespace, victim.pod.name),
      outside: undefined,
    }),
    conclude: (seen, { to, wait, now, samples, facts }) => {
      const { victim } = facts;
      const repaired = [...(facts.repaired ?? []), victim.pod.node];
      if (!seen.pods.ok) return wait(`the Vault pods could not be listed: ${seen.pods.says}`);
      const since = samples[0]?.at ?? now;
      const pods = seen.pods.value.map(podRefOf);
      const word = readSurvey(pods, seen);
      const replacement = pods.find((it) => it.name === victim.pod.name);
      if (replacement !== undefined && word.is === 'well') {
        return to.well(word.because, { pods, standbys: word.standbys, replacement, repaired });
      }
      if (replacement !== undefined && replacement.uid !== victim.pod.uid) {
        return to.replaced(
          `${replacement.name} is a new pod, uid ${replacement.uid}; ${word.because}`,
          { pods, repaired },
        );
      }
      const pod = seen.pods.value.find((it) => it.name === victim.pod.name);
      const arrival = { ...seen, health: seen.own, scans: {} };
      const held = pod === undefined ? undefined : readWaiting(pod, arrival, since, now);
      if (held?.is === 'chown-loop') {
        return to['chown-loop'](held.because, {
          victim: { ...victim, pod: held.pod, state: 'looping', because: held.because },
          pods,
          repaired,
        });
      }
      const joined = seen.own.ok && !seen.own.value.sealed;
      return joined && now - since > JOINING_MS
        ? to.others(`${victim.pod.name} is up; ${word.because}`, { repaired })
        : wait(word.because);
    },
  }),
});
