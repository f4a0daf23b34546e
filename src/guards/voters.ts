import type { Command } from '../runbook/command.ts';
import type { Observation } from '../runbook/observation.ts';
import type { Site } from '../runbook/site.ts';
import { listPods } from '../tools/kubectl/pods.ts';
import type { Pod } from '../tools/kubectl/pods.ts';
import { getStatefulSet } from '../tools/kubectl/statefulset.ts';
import type { StatefulSet } from '../tools/kubectl/statefulset.ts';
import { reach } from '../tools/node/reach.ts';
import type { Reach } from '../tools/node/reach.ts';
import { tasks } from '../tools/node/tasks.ts';
import type { TaskScan } from '../tools/node/tasks.ts';
import { health, leader } from '../tools/vault/proxy.ts';
import type { Health, Leader } from '../tools/vault/proxy.ts';
import { raftConfiguration } from '../tools/vault/token.ts';
import type { RaftServer } from '../tools/vault/token.ts';
import { nodesOf, vantageOf } from './vantage.ts';
import type { Placed } from './vantage.ts';

type ByName<T> = Readonly<Record<string, Observation<T>>>;

/** What is looked at to count voters (COMMANDS A.5). */
export interface Roll {
  readonly pods: Observation<readonly Pod[]>;
  readonly health: ByName<Health>;
  readonly leader: ByName<Leader>;
  /** Each pod's API from a node other than its own: the API server's proxy alone proves nothing. */
  readonly reach: ByName<Reach>;
  readonly tasks: ByName<TaskScan>;
  readonly configuration: Observation<readonly RaftServer[]> | undefined;
  readonly set: Observation<StatefulSet | undefined>;
}

/** Each pod's own word, through the API server's proxy: no kubelet and no token is needed (COMMANDS A.1). */
export const ownWord = (site: Site, pods: readonly Placed[]) => ({
  health: byName(pods, (pod) => health(site, pod)),
  leader: byName(pods, (pod) => leader(site, pod)),
});

/** A command for each pod that has one. */
export const byName = <P extends Placed, T>(
  pods: readonly P[],
  make: (pod: P) => Command<T> | undefined,
): Readonly<Record<string, Command<T>>> =>
  Object.fromEntries(
    pods.flatMap((pod) => {
      const command = make(pod);
      return command === undefined ? [] : [[pod.name, command]];
    }),
  );

/** TCP and HTTP to one pod from a node other than its own; nothing where it has no address or no other node is known. */
export function fromElsewhere(
  site: Site,
  pods: readonly Placed[],
  pod: Placed,
  seconds?: number,
): Command<Reach> | undefined {
  const node = vantageOf(site, pods, pod);
  return node === undefined || pod.ip === ''
    ? undefined
    : reach(node, pod.ip, site.vault.port, '/v1/sys/health', seconds);
}

/** Everything needed to count voters; the raft configuration through `via`, where a token may be used. */
export const roll = (site: Site, pods: readonly Placed[], via: Placed | undefined) => ({
  pods: listPods(site.cluster, site.vault.namespace, site.vault.selector),
  ...ownWord(site, pods),
  reach: byName(pods, (pod) => fromElsewhere(site, pods, pod)),
  tasks: Object.fromEntries(nodesOf(pods).map((node) => [node, tasks(node)])),
  set: getStatefulSet(site.cluster, site.vault.namespace, site.vault.statefulSet),
  configuration: site.vault.token && via !== undefined ? raftConfiguration(site, via) : undefined,
});

/** What is known of one voter. Only what the pod itself shows is a fault; a way to it that is broken is unknown. */
export type Standing =
  | { readonly is: 'functional' }
  | { readonly is: 'faulty'; readonly why: string; readonly healedByDeletion: boolean }
  | { readonly is: 'unknown'; readonly why: string };

export interface Voters {
  readonly standings: Readonly<Record<string, Standing>>;
  /** The voters were not read from the raft configuration but taken from the StatefulSet's replicas. */
  readonly assumed: boolean;
  readonly quorum: number;
}

/** The voters that stand so. */
export const those = (voters: Voters, is: Standing['is']): readonly string[] =>
  Object.entries(voters.standings).flatMap(([name, it]) => (it.is === is ? [name] : []));

/** More than half of the voters (COMMANDS A.5). */
export const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1;

/** A voter may lag this many log entries behind the furthest one: raft's `max_trailing_logs` in Vault. */
const TRAILING = 1000;

/** How long a pod may be on its way before waiting for it is no use, in milliseconds. */
const STARTING_MS = 5 * 60_000;

/**
 * The pod of a server of the raft. Its id is the pod's name, or random (chart: `setNodeId: false`); its address begins with
 * the pod's name, or is the pod's. One that is no pod's is called by its id.
 */
function nameOf({ id, address }: RaftServer, pods: readonly Pod[], expected: readonly string[]) {
  const host = address.replace(/:\d+$/, '');
  const [label = ''] = host.split('.');
  const known = [id, label].find((it) => expected.includes(it));
  return known ?? pods.find(({ ip }) => ip !== '' && ip === host)?.name ?? id;
}

/**
 * The voters' names: from the raft configuration where a token could read it, else from the StatefulSet's replicas, so that
 * a pod that is missing altogether still counts against the quorum (COMMANDS A.5).
 */
function votersOf(
  seen: Roll,
): { readonly names: readonly string[]; readonly assumed: boolean } | undefined {
  if (!seen.set.ok || seen.set.value === undefined) return undefined;
  const { name, replicas } = seen.set.value;
  const expected = Array.from({ length: replicas }, (_, i) => `${name}-${i}`);
  if (seen.configuration?.ok === true) {
    const voters = seen.configuration.value.filter((s) => s.voter);
    const pods = seen.pods.ok ? seen.pods.value : [];
    const names = voters.map((it) => nameOf(it, pods, expected));
    if (names.length > 0) return { names: [...new Set(names)], assumed: false };
  }
  return { names: expected, assumed: true };
}

/** Counts voters; says what was assumed. `undefined` where pods or voters could not be read. `now` in milliseconds. */
export function countVoters(seen: Roll, now: number): Voters | undefined {
  const voters = votersOf(seen);
  if (!seen.pods.ok || voters === undefined) return undefined;
  const pods = seen.pods.value;
  const { names, assumed } = voters;
  const furthest = Math.max(
    0,
    ...names.flatMap((n) => {
      const it = seen.leader[n];
      return it?.ok === true ? [it.value.appliedIndex ?? 0] : [];
    }),
  );
  return {
    standings: Object.fromEntries(
      names.map((name) => [name, standingOf(seen, pods, name, furthest, now)]),
    ),
    assumed,
    quorum: quorumOf(names.length),
  };
}

const faulty = (why: string, healedByDeletion: boolean): Standing => ({
  is: 'faulty',
  why,
  healedByDeletion,
});
const unknown = (why: string): Standing => ({ is: 'unknown', why });

function standingOf(
  seen: Roll,
  pods: readonly Pod[],
  name: string,
  furthest: number,
  now: number,
): Standing {
  const pod = pods.find((p) => p.name === name);
  if (pod === undefined) return faulty('it has no pod', false);
  if (pod.deletionTimestamp !== undefined) {
    return faulty(`it is terminating since ${pod.deletionTimestamp}`, false);
  }
  if (pod.phase !== 'Running') {
    const young = now - Date.parse(pod.createdAt) < STARTING_MS;
    return faulty(`its pod is ${pod.phase}${young ? ' and young' : ''}`, !young);
  }
  const own = seen.health[name];
  if (own?.ok !== true) return unheard(seen, name, own?.says ?? 'not asked');
  if (own.value.sealed) return faulty('it is sealed', false);
  const word = seen.leader[name];
  if (word?.ok !== true) return unknown(`it does not say who leads (${word?.says ?? 'not asked'})`);
  const applied = word.value.appliedIndex;
  if (applied === undefined && furthest > 0) return unknown('it names no index');
  const behind = furthest - (applied ?? furthest);
  if (behind > TRAILING) return faulty(`it is ${behind} log entries behind`, false);
  return inState(seen, pod);
}

/** The proxy got nothing: what the pod does shows from another node. */
function unheard(seen: Roll, name: string, says: string): Standing {
  const reached = seen.reach[name];
  if (reached?.ok !== true) {
    return unknown(
      `the API server's proxy got no answer (${says}), and from another node it could not be tried: ${reached?.says ?? 'no other node is known, or it has no address'}`,
    );
  }
  const { tcp, http } = reached.value;
  if (tcp === 'refused') return faulty('its port refuses connections', true);
  if (tcp === 'open' && http.is === 'silent')
    return faulty('it opens TCP and answers nothing', true);
  return unknown(
    `the API server's proxy got no answer (${says}); from another node: TCP ${tcp}, HTTP ${http.is}`,
  );
}

/** Threads of it in D state; a node that could not be looked at leaves that unknown. */
function inState(seen: Roll, pod: Pod): Standing {
  const scan = pod.node === undefined ? undefined : seen.tasks[pod.node];
  if (scan?.ok !== true) {
    return unknown(
      `${pod.node ?? 'its node'} could not be looked at: ${scan?.says ?? 'not asked'}`,
    );
  }
  if (!scan.value.root) return unknown(`${pod.node ?? 'its node'} was not scanned as root`);
  const stuck = scan.value.tasks.find((t) => t.state === 'D' && t.podUid === pod.uid);
  return stuck === undefined
    ? { is: 'functional' }
    : faulty(`a thread of it is in D state in ${stuck.wchan} on ${pod.node ?? 'its node'}`, true);
}

/** One sentence for the count: who works, who does not and why, and what quorum asks for. */
export function sayVoters(voters: Voters): string {
  const working = those(voters, 'functional');
  const others = Object.entries(voters.standings).flatMap(([name, it]) =>
    it.is === 'functional' ? [] : [`${name}${it.is === 'unknown' ? ' is unknown' : ''}: ${it.why}`],
  );
  const assumed = voters.assumed
    ? ' (voters assumed from the replicas: no raft configuration could be read)'
    : '';
  const total = Object.keys(voters.standings).length;
  return [
    `functional voters: ${working.join(', ') || 'none'} = ${working.length} of ${total}, quorum ${voters.quorum}${assumed}`,
    ...others,
  ].join('; ');
}
