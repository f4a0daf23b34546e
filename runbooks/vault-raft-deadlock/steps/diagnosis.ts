import { podEvents } from '../../../src/tools/kubectl/events.ts';
import { getPod, listPods } from '../../../src/tools/kubectl/pods.ts';
import { apiReady } from '../../../src/tools/kubectl/ready.ts';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { externalHealth } from '../../../src/tools/vault/external.ts';
import type { MakeStep } from '../book.ts';
import { judge, LOOKS } from '../judge/evidence.ts';
import { podRefOf } from '../../../src/deeds/references.ts';
import { readMember } from '../judge/member.ts';
import { readSurvey } from '../judge/survey.ts';
import { fromElsewhere, ownWord, quorumOf } from '../../../src/guards/voters.ts';
import { canaryVia, evidence, viaOf } from '../looks.ts';

/** Which incident is it? Nothing here changes anything; a canary write is the only trace it leaves. */
export const diagnosis = (step: MakeStep) => ({
  'reach-api': step.probe({
    title: 'Does the API server answer, and which pods are Vault?',
    next: {
      found: { to: 'survey', gives: ['pods'] },
      none: { to: 'no-vault' },
      denied: { to: 'no-rights' },
      silent: { to: 'no-api' },
    },
    observe: ({ site }) => ({
      ready: apiReady(site.cluster),
      pods: listPods(site.cluster, site.vault.namespace, site.vault.selector),
    }),
    conclude: ({ ready, pods }, { to, site }) => {
      if (!ready.ok) {
        return ready.why === 'denied'
          ? to.denied(`the API server of ${site.cluster.name} does not let you in: ${ready.says}`)
          : to.silent(`the API server of ${site.cluster.name} does not answer: ${ready.says}`);
      }
      if (!pods.ok) {
        const because = `the Vault pods could not be listed: ${pods.says}`;
        return pods.why === 'denied' ? to.denied(because) : to.silent(because);
      }
      if (pods.value.length === 0) {
        return to.none(`no pod in ${site.vault.namespace} has the labels ${site.vault.selector}`);
      }
      const found = pods.value.map(podRefOf);
      return to.found(
        found.map((p) => `${p.name} on ${p.node === '' ? 'no node' : p.node}`).join(', '),
        { pods: found },
      );
    },
  }),

  survey: step.probe({
    title: 'Is Vault ill, or only the way to it?',
    needs: ['pods'],
    next: {
      ill: { to: 'evidence', gives: ['standbys'] },
      well: { to: 'write', gives: ['standbys'] },
      sealed: { to: 'sealed' },
      terminating: { to: 'storage', gives: ['standbys', 'leader'] },
      denied: { to: 'no-rights' },
    },
    observe: ({ site, facts: { pods } }) => ({
      pods: listPods(site.cluster, site.vault.namespace, site.vault.selector),
      ...ownWord(site, pods),
      outside:
        site.vault.externalUrl === undefined ? undefined : externalHealth(site.vault.externalUrl),
    }),
    conclude: (seen, { to, facts: { pods } }) => {
      const word = readSurvey(pods, seen);
      const { because, standbys } = word;
      switch (word.is) {
        case 'well':
          return to.well(because, { standbys });
        case 'sealed':
          return to.sealed(because);
        case 'terminating':
          return to.terminating(because, { standbys, leader: null });
        case 'denied':
          return to.denied(because);
        case 'ill':
          return to.ill(because, { standbys });
      }
    },
  }),

  write: step.probe({
    title: 'Does Vault accept a write, inside and outside?',
    needs: ['pods', 'standbys'],
    expect: 'well',
    next: {
      well: { to: 'healthy' },
      outside: { to: 'way-in' },
      refused: { to: 'evidence' },
      untried: { to: 'evidence' },
    },
    observe: ({ site, run, visit, facts: { pods, standbys } }) => ({
      canary: canaryVia(site, viaOf(pods, standbys), `${run}-write-${visit}`),
      outside:
        site.vault.externalUrl === undefined ? undefined : externalHealth(site.vault.externalUrl),
    }),
    conclude: ({ canary, outside }, { to }) => {
      if (canary?.ok === true && !canary.value.acked) {
        return to.refused(`a canary write was not acknowledged: ${canary.value.because}`);
      }
      if (canary?.ok === false && canary.why !== 'withheld') {
        return to.refused(
          `a canary write was tried, and what became of it is unknown: ${canary.says}`,
        );
      }
      const inside =
        canary?.ok === true
          ? 'inside, every pod answers and a canary write is acknowledged'
          : 'inside, every pod answers; no write was tried';
      if (outside?.ok === false)
        return to.outside(`${inside}; outside, nothing answers: ${outside.says}`);
      if (outside !== undefined && outside.value.status !== 200) {
        return to.outside(`${inside}; outside, the answer is ${outside.value.status}`);
      }
      // A leader that is blocked in its storage answers everything but what is written: test/e2e/vault-raft.test.ts shows a
      // real one.
      return canary?.ok === true
        ? to.well(inside)
        : to.untried(`${inside}, which a leader that is blocked in its storage looks like too`);
    },
  }),

  evidence: step.probe({
    title: 'Is the leader stuck, slow, or gone?',
    needs: ['pods', 'standbys'],
    expect: 'stuck',
    next: {
      stuck: { to: 'patience', gives: ['leader'] },
      inactive: { to: 'storage', gives: ['leader'] },
      suspect: { to: 'override', gives: ['leader'] },
      'no-leader': { to: 'storage', gives: ['leader'] },
      moved: { to: 'reach-api', atMost: 3, then: 'restless' },
      slow: { to: 'slow' },
      healthy: { to: 'healthy' },
      'failed-member': { to: 'member', gives: ['member'] },
      sealed: { to: 'sealed' },
      dark: { to: 'dark' },
      unclear: { to: 'unclear' },
    },
    watch: () => ({ every: '20s', within: '5m', late: 'unclear' }),
    observe: ({ site, run, visit, now, facts: { pods, standbys } }) =>
      evidence(site, pods, standbys, `${run}-${visit}-${now}`),
    conclude: (_, { to, wait, samples, facts: { pods } }) => {
      const verdict = judge(pods, samples);
      const settled =
        verdict.is === 'moved' || verdict.is === 'failed-member' || verdict.is === 'sealed';
      if (!settled && samples.length < LOOKS)
        return wait(`${samples.length} of ${LOOKS} samples; ${verdict.because}`);
      const { because } = verdict;
      const named = 'leader' in verdict ? pods.find((p) => p.name === verdict.leader) : undefined;
      switch (verdict.is) {
        case 'stuck':
          return named === undefined
            ? to.unclear(because)
            : to.stuck(`stuck (${verdict.how}): ${because}`, {
                leader: { pod: named, state: verdict.how, because, proven: true },
              });
        case 'suspect':
          return named === undefined
            ? to.unclear(because)
            : to.suspect(because, {
                leader: { pod: named, state: verdict.how, because, proven: false },
              });
        case 'ha-inactive':
          return named === undefined
            ? to.unclear(because)
            : to.inactive(because, {
                leader: { pod: named, state: 'ha-inactive', because, proven: true },
              });
        case 'no-leader':
          return to['no-leader'](because, { leader: null });
        case 'moved':
          return to.moved(because);
        case 'slow':
          return to.slow(because);
        case 'healthy':
          return to.healthy(because);
        case 'failed-member': {
          const member = pods.find((p) => p.name === verdict.member);
          return member === undefined
            ? to.unclear(because)
            : to['failed-member'](because, { member });
        }
        case 'sealed':
          return to.sealed(because);
        case 'dark':
          return to.dark(because);
        case 'unclear':
          return to.unclear(because);
      }
    },
  }),

  member: step.probe({
    title: 'What is wrong with the member that does not answer?',
    needs: ['pods', 'member'],
    next: {
      'mount-stuck': { to: 'reset-node', gives: ['victim', 'backend'] },
      other: { to: 'failed-member' },
    },
    observe: ({ site, facts: { member } }) => ({
      pod: getPod(site.cluster, member),
      events: podEvents(site.cluster, member.namespace, member.name),
      scan: member.node === '' ? undefined : tasks(member.node),
    }),
    conclude: (seen, { to, facts: { pods, member } }) => {
      const word = readMember(member, seen);
      if (!word.mountStuck) return to.other(word.because);
      return to['mount-stuck'](word.because, {
        victim: {
          pod: member,
          role: 'voter',
          state: 'down',
          because: word.because,
          unproven: false,
          functionalWithout: pods.length - 1,
          quorum: quorumOf(pods.length),
        },
        // What waits for mount.nfs lies on NFS.
        backend: 'nfs',
      });
    },
  }),

  patience: step.probe({
    title: 'Does it answer if one waits half a minute?',
    needs: ['pods', 'leader'],
    next: {
      silent: { to: 'storage' },
      slow: { to: 'slow' },
      unknown: { to: 'unclear' },
    },
    observe: ({ site, facts: { pods, leader } }) => ({
      reach: leader?.state === 'silent' ? fromElsewhere(site, pods, leader.pod, 30) : undefined,
    }),
    conclude: ({ reach }, { to, facts: { leader } }) => {
      if (leader !== null && leader.state !== 'silent') {
        return to.silent('it answers without a token; its writes are what hangs');
      }
      if (reach?.ok !== true) {
        return to.unknown(`that could not be tried: ${reach?.says ?? 'no other node is known'}`);
      }
      const { tcp, http } = reach.value;
      if (tcp === 'open' && http.is === 'silent') return to.silent('no byte in 30 s either');
      return http.is === 'status'
        ? to.slow(`it answers ${http.status} within 30 s: slow, and not stuck`)
        : to.unknown(`it behaves otherwise now: TCP ${tcp}, HTTP ${http.is}`);
    },
  }),

  override: step.choice({
    title: 'Go on without proof?',
    needs: ['leader'],
    next: { stop: { to: 'suspect' }, override: { to: 'storage' } },
    question: ({ facts: { leader } }) =>
      `${leader?.pod.name ?? 'The leader'} is suspect, not proven stuck: ${leader?.because ?? 'nothing is known'}. Deleting a leader that works loses writes. Go on in your own name?`,
    options: {
      stop: 'stop here; nothing is touched',
      override: 'go on without proof, in my name',
    },
  }),
});
