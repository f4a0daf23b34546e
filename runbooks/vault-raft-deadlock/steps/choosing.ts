import { listClaims, listVolumes } from '../../../src/tools/kubectl/claims.ts';
import { listPods } from '../../../src/tools/kubectl/pods.ts';
import { secretExists } from '../../../src/tools/kubectl/secrets.ts';
import { newestSnapshots } from '../../../src/tools/vault/snapshots.ts';
import type { MakeStep } from '../book.ts';
import { chooseVictim } from '../judge/victim.ts';
import { countVoters } from '../../../src/guards/voters.ts';
import { rollOf } from '../looks.ts';

/** What may go, what it costs, and what must be in place before. */
export const choosing = (step: MakeStep) => ({
  storage: step.probe({
    title: 'What does Vault keep its data on?',
    needs: ['pods'],
    next: {
      nfs: { to: 'voters', gives: ['backend'] },
      block: { to: 'voters', gives: ['backend'] },
      unknown: { to: 'unclear' },
    },
    observe: ({ site }) => ({
      claims: listClaims(site.cluster, site.vault.namespace),
      volumes: listVolumes(site.cluster),
    }),
    conclude: ({ claims, volumes }, { to, facts: { pods } }) => {
      if (!claims.ok) return to.unknown(`the claims could not be read: ${claims.says}`);
      if (!volumes.ok) return to.unknown(`the volumes could not be read: ${volumes.says}`);
      const mine = claims.value.filter((c) => pods.some((p) => c.name === `data-${p.name}`));
      const found = mine.map((c) => ({
        claim: c,
        volume: volumes.value.find((v) => v.name === c.volume),
      }));
      const said = found
        .map(
          ({ claim, volume }) =>
            `${claim.name}: ${volume?.backend ?? 'no volume'} (class ${claim.storageClass ?? 'none'})`,
        )
        .join(', ');
      const all = (backend: 'nfs' | 'block') =>
        found.length > 0 && found.every((f) => f.volume?.backend === backend);
      if (all('nfs')) return to.nfs(said, { backend: 'nfs' });
      return all('block')
        ? to.block(said, { backend: 'block' })
        : to.unknown(`mixed or unknown: ${said === '' ? 'no data claims' : said}`);
    },
  }),

  voters: step.probe({
    title: 'Can the others keep quorum without it?',
    needs: ['pods', 'standbys', 'backend', 'leader'],
    expect: 'kept',
    next: {
      kept: { to: 'unsealing', gives: ['victim'] },
      lost: { to: 'unsealing', gives: ['victim'] },
      terminating: { to: 'hung', gives: ['victim'] },
      'nothing-to-remove': { to: 'no-leader' },
      refused: { to: 'quorum-first' },
    },
    observe: ({ site, facts: { pods, standbys } }) => rollOf(site, pods, standbys),
    conclude: (seen, { to, now, facts: { pods, leader } }) => {
      const voters = countVoters(seen, now);
      if (voters === undefined || !seen.pods.ok) {
        return to.refused(
          'the voters could not be counted: the pods or the StatefulSet could not be read',
        );
      }
      const leaving = seen.pods.value
        .filter((p) => p.deletionTimestamp !== undefined)
        .map((p) => p.name);
      const choice = chooseVictim(pods, voters, leader, leaving);
      switch (choice.is) {
        case 'kept':
          return to.kept(choice.because, { victim: choice.victim });
        case 'lost':
          return to.lost(choice.because, { victim: choice.victim });
        case 'terminating':
          return to.terminating(choice.because, { victim: choice.victim });
        case 'nothing-to-remove':
          return to['nothing-to-remove'](choice.because);
        case 'refused':
          return to.refused(choice.because);
      }
    },
  }),

  unsealing: step.probe({
    title: 'Will the pod that comes back be unsealed?',
    needs: ['victim'],
    next: {
      proven: { to: 'snapshot', gives: ['unsealing'] },
      'by-hand': { to: 'keys', gives: ['unsealing'] },
      unproven: { to: 'no-unseal-path' },
    },
    observe: ({ site: { cluster, vault } }) => ({
      pods:
        vault.unseal.by === 'sidecar'
          ? listPods(cluster, vault.namespace, vault.selector)
          : undefined,
      secret:
        vault.unseal.by === 'sidecar'
          ? secretExists(cluster, vault.namespace, vault.unseal.secret)
          : undefined,
    }),
    conclude: ({ pods, secret }, { to, site: { vault }, facts: { victim } }) => {
      const { unseal } = vault;
      if (unseal.by === 'kms')
        return to.proven('a KMS unseals, says the inventory', { unsealing: 'kms' });
      if (unseal.by === 'hand')
        return to['by-hand']('it is unsealed by hand, says the inventory', { unsealing: 'hand' });
      if (pods?.ok !== true)
        return to.unproven(`the pods could not be read: ${pods?.says ?? 'not asked'}`);
      if (secret?.ok !== true)
        return to.unproven(
          `the secret ${unseal.secret} could not be looked for: ${secret?.says ?? 'not asked'}`,
        );
      const running = pods.value.filter(
        (p) =>
          p.name !== victim.pod.name &&
          p.containers.some((c) => c.name === unseal.container && c.state === 'running'),
      );
      if (!secret.value) return to.unproven(`the secret ${unseal.secret} is missing`);
      return running.length === 0
        ? to.unproven(`the sidecar ${unseal.container} runs in no other pod`)
        : to.proven(
            `the sidecar ${unseal.container} runs in ${running.map((p) => p.name).join(', ')}, and ${unseal.secret} exists`,
            { unsealing: 'sidecar' },
          );
    },
  }),

  keys: step.choice({
    title: 'Are the unseal keys at hand?',
    needs: ['victim'],
    next: { ready: { to: 'snapshot' }, stop: { to: 'no-unseal-path' } },
    question: ({ facts: { victim } }) =>
      `${victim.pod.name} comes back sealed, and nothing unseals it by itself. Are people with enough key shares ready now?`,
    options: { ready: 'they are ready', stop: 'stop here; nothing is touched' },
  }),

  snapshot: step.probe({
    title: 'What is the newest raft snapshot?',
    needs: ['victim'],
    next: {
      found: { to: 'remove', gives: ['snapshot'] },
      none: { to: 'without-snapshot', gives: ['snapshot'] },
    },
    observe: ({ site }) => ({ snapshots: newestSnapshots(site) }),
    conclude: ({ snapshots }, { to, now }) => {
      if (snapshots === undefined) {
        return to.none('the inventory names no snapshots', { snapshot: 'unknown' });
      }
      if (!snapshots.ok) {
        return to.none(`the snapshots could not be listed: ${snapshots.says}`, {
          snapshot: 'unknown',
        });
      }
      const newest = snapshots.value.toSorted((a, b) => b.at - a.at)[0];
      if (newest === undefined) return to.none('there is no snapshot', { snapshot: 'none' });
      const days = ((now - newest.at) / 86_400_000).toFixed(1);
      const said = `${newest.name}, ${(newest.bytes / 1e6).toFixed(1)} MB, ${days} days old`;
      return to.found(said, { snapshot: said });
    },
  }),

  'without-snapshot': step.choice({
    title: 'Go on without a snapshot?',
    needs: ['snapshot', 'victim'],
    next: { 'go-on': { to: 'remove' }, stop: { to: 'left-alone' } },
    question: ({ facts: { victim } }) =>
      `No raft snapshot could be found. If more than ${victim.pod.name} is lost, nothing can be restored. Go on?`,
    options: { 'go-on': 'go on without a snapshot', stop: 'stop here; nothing is touched' },
  }),
});
