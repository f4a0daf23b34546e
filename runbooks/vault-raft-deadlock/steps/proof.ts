import { externalHealth } from '../../../src/tools/vault/external.ts';
import { haStatus } from '../../../src/tools/vault/proxy.ts';
import { audited } from '../../../src/tools/vault/token.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { MakeStep } from '../book.ts';
import type { PodRef } from '../../../src/runbook/references.ts';
import { sayStill, standStill } from '../judge/following.ts';
import { waitsForMount } from '../judge/member.ts';
import { readWhole } from '../judge/recovery.ts';
import { again, current } from '../judge/replaced.ts';
import { countVoters, ownWord, sayVoters, those } from '../../../src/guards/voters.ts';
import { canaryVia, logsOf, rollOf, viaOf } from '../looks.ts';

const whole = (
  site: Site,
  pods: readonly PodRef[],
  standbys: readonly string[],
  replacement: PodRef,
  mark: string,
) => {
  const via = viaOf(pods, standbys) ?? replacement;
  return {
    ...ownWord(site, pods),
    logs: logsOf(site, pods),
    ha: haStatus(site, via),
    canary: canaryVia(site, via, mark),
    audited: site.vault.token ? audited(site, via) : undefined,
    outside:
      site.vault.externalUrl === undefined ? undefined : externalHealth(site.vault.externalUrl),
  };
};

/** A watch that was asleep for longer than this, in milliseconds, has watched nothing in between. */
const GAP_MS = 90_000;

/** Vault becomes active, stays so, and every voter follows. */
export const proof = (step: MakeStep) => ({
  settle: step.probe({
    title: 'Is one pod active, and does it take writes?',
    needs: ['pods', 'standbys', 'replacement'],
    mayUse: ['victim'],
    expect: 'active',
    next: {
      active: { to: 'soak' },
      'ha-inactive': { to: 'voters-again', gives: ['victim'] },
      nxdomain: { to: 'voters-again', gives: ['victim'] },
      audit: { to: 'audit' },
      late: { to: 'no-leader' },
    },
    watch: () => ({ every: '10s', within: '5m', late: 'late' }),
    observe: ({ site, run, visit, now, facts: { pods, standbys, replacement } }) =>
      whole(
        site,
        current(pods, replacement),
        standbys,
        replacement,
        `${run}-settle-${visit}-${now}`,
      ),
    conclude: (seen, { to, wait, now, samples, facts: { pods, replacement } }) => {
      const members = current(pods, replacement);
      const since = samples[0]?.at ?? now;
      const working = readWhole(
        members.map((p) => p.name),
        seen,
        since - 60_000,
      );
      const patient = now - since < 60_000;
      switch (working.is) {
        case 'active':
          return to.active(working.because);
        case 'audit':
          return to.audit(working.because);
        case 'not-yet':
          return wait(working.because);
        case 'ha-inactive':
        case 'nxdomain': {
          // Both mend themselves when a peer gets its address: an election and a DNS record take their time.
          if (patient) return wait(working.because);
          const pod = members.find((p) => p.name === working.pod) ?? replacement;
          const state = working.is === 'nxdomain' ? 'unresolved' : 'ha-inactive';
          return to[working.is](working.because, { victim: again(pod, state, working.because, 2) });
        }
      }
    },
  }),

  'voters-again': step.probe({
    title: 'Can the others keep quorum without that pod?',
    needs: ['pods', 'standbys', 'victim', 'replacement'],
    next: {
      kept: { to: 'unsealing', gives: ['victim', 'pods'], atMost: 2, then: 'no-leader' },
      refused: { to: 'quorum-first' },
    },
    observe: ({ site, facts: { pods, standbys, replacement } }) =>
      rollOf(site, current(pods, replacement), standbys),
    conclude: (seen, { to, now, facts: { pods, victim, replacement } }) => {
      const voters = countVoters(seen, now);
      if (voters === undefined) return to.refused('the voters could not be counted');
      const without = those(voters, 'functional').filter((n) => n !== victim.pod.name);
      const said = `without ${victim.pod.name}: ${without.length}, quorum ${voters.quorum}; ${sayVoters(voters)}`;
      return without.length >= voters.quorum
        ? to.kept(said, {
            pods: current(pods, replacement),
            victim: { ...victim, functionalWithout: without.length, quorum: voters.quorum },
          })
        : to.refused(said);
    },
  }),

  soak: step.probe({
    title: 'Does it stay so?',
    needs: ['pods', 'standbys', 'replacement'],
    expect: 'stayed',
    next: {
      stayed: { to: 'review' },
      regressed: { to: 'regressed' },
      gap: { to: 'soak', atMost: 2, then: 'operational' },
    },
    watch: ({ params }) => ({ every: '30s', within: params.soak, late: 'stayed' }),
    observe: ({ site, run, visit, now, facts: { pods, standbys, replacement } }) =>
      whole(site, current(pods, replacement), standbys, replacement, `${run}-soak-${visit}-${now}`),
    conclude: (seen, { to, wait, now, samples, params, facts: { pods } }) => {
      const since = samples[0]?.at ?? now;
      const working = readWhole(
        pods.map((p) => p.name),
        seen,
        since,
      );
      const minutes = ((now - since) / 60_000).toFixed(1);
      const earlier = samples.at(-2)?.at ?? now;
      if (now - earlier > GAP_MS) {
        return to.gap(
          `nothing was looked at for ${Math.round((now - earlier) / 1000)} s: the soak begins again`,
        );
      }
      return working.is === 'active'
        ? wait(
            `well for ${minutes} min of ${params.soak}, ${samples.length} samples: ${working.because}`,
          )
        : to.regressed(`well for ${minutes} min, then: ${working.because}`);
    },
  }),

  review: step.probe({
    title: 'What is left?',
    needs: ['pods', 'standbys', 'replacement'],
    next: {
      whole: { to: 'resolved' },
      'mount-stuck': {
        to: 'reset-node',
        gives: ['victim', 'backend', 'pods'],
        atMost: 2,
        then: 'operational',
      },
      partial: { to: 'operational' },
    },
    watch: () => ({ every: '10s', within: '10m', late: 'partial' }),
    observe: ({ site, facts: { pods, standbys, replacement } }) =>
      rollOf(site, current(pods, replacement), standbys),
    conclude: (seen, { to, wait, now, samples, facts: { pods, replacement } }) => {
      const voters = countVoters(seen, now);
      if (voters === undefined)
        return to.partial(
          'the voters could not be counted: the pods or the StatefulSet could not be read',
        );
      const working = those(voters, 'functional');
      if (working.length === Object.keys(voters.standings).length) {
        const earlier = samples.at(-2);
        if (earlier === undefined) {
          return wait(`${sayVoters(voters)}; looking once more whether all of them follow`);
        }
        // A voter that nobody's heartbeats reach answers like any standby: only its index tells.
        const still = standStill(earlier.seen, seen, working);
        return still.length === 0
          ? to.whole(sayVoters(voters))
          : wait(sayStill(still, Math.round((now - earlier.at) / 1000)));
      }
      const waiting = waitsForMount(current(pods, replacement), seen);
      return waiting === undefined
        ? to.partial(sayVoters(voters))
        : to['mount-stuck'](`${waiting.because}; ${sayVoters(voters)}`, {
            victim: again(waiting.pod, 'down', waiting.because, voters.quorum),
            // What waits for mount.nfs lies on NFS.
            backend: 'nfs',
            pods: current(pods, replacement),
          });
    },
  }),
});
