import type { Observation, Seen } from '../../src/runbook/observation.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard } from '../../src/runbook/step.ts';
import { notOurAccessPath } from '../../src/guards/access-path.ts';
import { noForeignMaintenance } from '../../src/guards/maintenance.ts';
import { volumeMountable } from '../../src/guards/mountable.ts';
import { oneNodeAtATime } from '../../src/guards/one-at-a-time.ts';
import { noOtherVoterDisturbed, quorumStays } from '../../src/guards/quorum.ts';
import { unsealPath } from '../../src/guards/unseal-path.ts';
import { endpointsOf } from '../../src/tools/kubectl/endpoints.ts';
import { podEvents } from '../../src/tools/kubectl/events.ts';
import { getPod, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { haStatus } from '../../src/tools/vault/proxy.ts';
import type { Health, Leader } from '../../src/tools/vault/proxy.ts';
import type { Canary } from '../../src/tools/vault/token.ts';
import type { Reach } from '../../src/tools/node/reach.ts';
import type { PodRef } from '../../src/runbook/references.ts';
import type { Victim } from './facts.ts';
import { fromElsewhere, ownWord } from '../../src/guards/voters.ts';
import { canaryVia, viaOf } from './looks.ts';

/** The parts of the one deletion this runbook makes, kept apart from the graph so that the graph reads as a map. */

/** Evidence that the deletion destroys: its log and its events (DOMAIN B0); its own word was taken with the evidence. */
export const capture = (site: Site, { pod }: Victim) => ({
  log: pod.node === '' ? undefined : podLogFile(pod.node, pod, site.vault.container),
  events: podEvents(site.cluster, pod.namespace, pod.name),
});

export function guardsOf(
  site: Site,
  pods: readonly PodRef[],
  victim: Victim,
  backend: 'nfs' | 'block',
  unsealing: 'sidecar' | 'kms' | 'hand',
  now: number,
): readonly Guard[] {
  const { pod } = victim;
  const taken = pods.filter((p) => p.name !== pod.name).map((p) => p.node);
  const free = site.nodes.map((n) => n.name).filter((n) => !taken.includes(n));
  return [
    quorumStays(
      site,
      pods,
      { name: pod.name, functionalWithout: victim.functionalWithout, quorum: victim.quorum },
      now,
    ),
    noOtherVoterDisturbed(site, pod.name),
    unsealPath(site, pod.name, unsealing),
    volumeMountable(
      backend,
      pod.node === '' ? free : [pod.node, ...free.filter((n) => n !== pod.node)].slice(0, 3),
    ),
    oneNodeAtATime(site, pod.node),
    noForeignMaintenance(site),
    notOurAccessPath(site, pod.node),
  ];
}

export const blast = (site: Site, { pod }: Victim) => ({
  endpoints: endpointsOf(site.cluster, pod.namespace, site.vault.activeService),
  neighbours: pod.node === '' ? undefined : podsOnNode(site.cluster, pod.node),
});

export function measure({ pod, role }: Victim, seen: Seen<ReturnType<typeof blast>>): BlastRadius {
  const active = seen.endpoints.ok ? seen.endpoints.value.filter((e) => e.pod === pod.name) : [];
  const around = seen.neighbours?.ok === true ? seen.neighbours.value.length - 1 : undefined;
  return {
    counts: [
      {
        what:
          role === 'leader'
            ? 'raft voter (the leader) until it is back'
            : 'raft voter until it is back',
        count: 1,
        names: [pod.name],
      },
      { what: 'other pod', count: 0, names: [] },
      {
        what: `endpoint of ${pod.namespace}'s active service`,
        many: `endpoints of ${pod.namespace}'s active service`,
        count: active.length,
        names: active.map((e) => e.ip),
      },
    ],
    unknown: [
      ...(seen.endpoints.ok ? [] : [`clients of the active service: ${seen.endpoints.says}`]),
      ...(around === undefined && pod.node !== ''
        ? [`pods beside it on ${pod.node}, which stay`]
        : []),
    ],
  };
}

const haVia = (site: Site, via: PodRef | undefined) =>
  via === undefined ? undefined : haStatus(site, via);

/** One fresh sample of what decided: the pod, its silence from another node, and the others' word. */
export const signals = (
  site: Site,
  pods: readonly PodRef[],
  standbys: readonly string[],
  victim: Victim,
  mark: string,
) => ({
  pod: getPod(site.cluster, victim.pod),
  reach: fromElsewhere(site, pods, victim.pod),
  own: ownWord(site, [victim.pod]).health,
  leader: ownWord(site, [victim.pod]).leader,
  ha: victim.state === 'ha-inactive' ? haVia(site, viaOf(pods, standbys)) : undefined,
  canary: victim.state === 'storage' ? canaryVia(site, viaOf(pods, standbys), mark) : undefined,
});

export function stillStands(victim: Victim, seen: Seen<ReturnType<typeof signals>>): Drift {
  const { pod } = victim;
  if (!seen.pod.ok)
    return { drift: 'unknown', because: `${pod.name} could not be read: ${seen.pod.says}` };
  const now = seen.pod.value;
  if (now === undefined) return { drift: 'changed', because: `${pod.name} is gone already` };
  if (now.uid !== pod.uid)
    return { drift: 'changed', because: `${pod.name} was replaced: uid ${now.uid}` };
  if (now.deletionTimestamp !== undefined)
    return { drift: 'changed', because: `${pod.name} is already being deleted` };
  const own = seen.own[pod.name];
  const word = seen.leader[pod.name];
  switch (victim.state) {
    case 'silent': {
      if (own?.ok === true) return { drift: 'changed', because: `${pod.name} answers again` };
      if (seen.reach?.ok !== true)
        return {
          drift: 'unknown',
          because: `its silence could not be measured: ${seen.reach?.says ?? 'no other node is known'}`,
        };
      const { tcp, http } = seen.reach.value;
      return tcp === 'open' && http.is === 'silent'
        ? { drift: 'same', because: `${pod.name} still opens TCP and sends no byte` }
        : {
            drift: 'changed',
            because: `${pod.name} behaves otherwise now: TCP ${tcp}, HTTP ${http.is}`,
          };
    }
    case 'storage':
      return storageStands(pod.name, seen.canary, word);
    case 'ha-inactive':
      if (word?.ok === true && word.value.isSelf && word.value.activeTime !== undefined) {
        return { drift: 'changed', because: `${pod.name} is active now` };
      }
      if (seen.ha?.ok !== true) {
        return {
          drift: 'unknown',
          because: `the HA status could not be read: ${seen.ha?.says ?? 'no standby is known'}`,
        };
      }
      return seen.ha.value === 'no-active'
        ? { drift: 'same', because: 'the HA status still names no active node' }
        : seen.ha.value === 'leader-answers'
          ? { drift: 'changed', because: 'a leader answers what a standby forwards' }
          : { drift: 'unknown', because: 'the HA status does not say whether a node is active' };
    case 'down':
      return stillDown(pod.name, now.phase, own, seen.reach);
    case 'looping':
      return own?.ok === true && !own.value.sealed
        ? { drift: 'changed', because: `${pod.name} has come up` }
        : { drift: 'same', because: `${pod.name} has not come up, uid ${pod.uid}` };
    case 'unresolved':
      return own?.ok === true && !own.value.sealed && !own.value.standby
        ? { drift: 'changed', because: `${pod.name} is active now` }
        : { drift: 'same', because: `${pod.name} is unchanged, uid ${pod.uid}` };
  }
}

/** A leader whose writes hang: a canary decides; where an operator overrode the lack of a token, that it still leads. */
function storageStands(
  name: string,
  canary: Observation<Canary> | undefined,
  word: Observation<Leader> | undefined,
): Drift {
  if (canary === undefined) {
    return word?.ok === true && word.value.isSelf
      ? { drift: 'same', because: `${name} still says that it leads; no canary can be written` }
      : {
          drift: 'unknown',
          because: `whether ${name} still leads is not known, and no canary can be written`,
        };
  }
  if (!canary.ok)
    return { drift: 'unknown', because: `no canary could be written: ${canary.says}` };
  return canary.value.acked
    ? { drift: 'changed', because: 'a canary write is acknowledged again' }
    : {
        drift: 'same',
        because: `a canary write is still not acknowledged: ${canary.value.because}`,
      };
}

/** A voter that does not work: a way to it that is broken says nothing about it. */
function stillDown(
  name: string,
  phase: string,
  own: Observation<Health> | undefined,
  reach: Observation<Reach> | undefined,
): Drift {
  if (own?.ok === true && !own.value.sealed)
    return { drift: 'changed', because: `${name} answers again` };
  if (phase !== 'Running') return { drift: 'same', because: `${name} is still ${phase}` };
  if (reach?.ok !== true) {
    return {
      drift: 'unknown',
      because: `${name} could not be tried from another node: ${reach?.says ?? 'it has no address, or no other node is known'}`,
    };
  }
  const { tcp, http } = reach.value;
  if (tcp === 'refused' || (tcp === 'open' && http.is === 'silent')) {
    return { drift: 'same', because: `${name} still does not work: TCP ${tcp}, HTTP ${http.is}` };
  }
  return http.is === 'status'
    ? { drift: 'changed', because: `${name} answers again, from another node` }
    : { drift: 'unknown', because: `${name}: TCP ${tcp}, HTTP ${http.is} from another node` };
}
