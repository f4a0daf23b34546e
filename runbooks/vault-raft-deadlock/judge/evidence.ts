import type { Observation } from '../../../src/runbook/observation.ts';
import type { Endpoint } from '../../../src/tools/kubectl/endpoints.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import type { Reach } from '../../../src/tools/node/reach.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import type { Health, Leader } from '../../../src/tools/vault/proxy.ts';
import type { Canary } from '../../../src/tools/vault/token.ts';
import type { PodRef } from '../facts.ts';
import { complaintsAbout, electionsSince, neverActivated } from './logs.ts';
import { nodesOf } from './vantage.ts';

type ByName<T> = Readonly<Record<string, Observation<T>>>;

/** One look at everything the verdict rests on (COMMANDS A.4). */
export interface Look {
  readonly pods: Observation<readonly Pod[]>;
  readonly health: ByName<Health>;
  readonly leader: ByName<Leader>;
  /** TCP and HTTP to each pod from a node other than its own. */
  readonly reach: ByName<Reach>;
  readonly logs: ByName<LogFile>;
  readonly tasks: ByName<TaskScan>;
  readonly endpoints: Observation<readonly Endpoint[]>;
  readonly clients: Observation<NfsClients> | undefined;
  readonly canary: Observation<Canary> | undefined;
}

/** A look, when it began and when it was complete (milliseconds since 1970, UTC). */
export interface Dated {
  readonly since: number;
  readonly at: number;
  readonly seen: Look;
}

/** What the window says. `leader` is the pod's name. */
export type Verdict =
  | {
      readonly is: 'stuck';
      readonly how: 'silent' | 'storage';
      readonly leader: string;
      readonly because: string;
    }
  | { readonly is: 'suspect'; readonly leader: string; readonly because: string }
  | { readonly is: 'ha-inactive'; readonly leader: string; readonly because: string }
  | { readonly is: 'failed-member'; readonly member: string; readonly because: string }
  | {
      readonly is: 'slow' | 'healthy' | 'no-leader' | 'sealed' | 'moved' | 'dark' | 'unclear';
      readonly because: string;
    };

const ok = <T>(it: Observation<T> | undefined): T | undefined =>
  it !== undefined && it.ok ? it.value : undefined;

/** The pod that a `/sys/leader` answer names: by its cluster address first, by pod address second (COMMANDS A.3). */
export function namedBy(answer: Leader, pods: readonly PodRef[]): string | undefined {
  const host = /^\w+:\/\/([^.:/]+)/.exec(answer.leaderClusterAddress)?.[1];
  const byName = pods.find((p) => p.name === host);
  const address = /^\w+:\/\/([^:/]+)/.exec(answer.leaderAddress)?.[1];
  return (byName ?? pods.find((p) => p.ip !== '' && p.ip === address))?.name;
}

/** Accepts TCP from another node and sends no byte, while the API server's proxy gets no answer either (L1). */
export const isSilent = (look: Look, pod: string): boolean => {
  const reach = ok(look.reach[pod]);
  return (
    reach !== undefined &&
    reach.tcp === 'open' &&
    reach.http.is === 'silent' &&
    look.health[pod]?.ok !== true
  );
};

/** Answers anything at all, by either way. */
export const answers = (look: Look, pod: string): boolean =>
  look.health[pod]?.ok === true || ok(look.reach[pod])?.http.is === 'status';

/** Nobody can even open TCP to it: of its API nothing is known. */
const isDark = (look: Look, pod: string): boolean => {
  const reach = ok(look.reach[pod]);
  return (
    !answers(look, pod) &&
    (reach === undefined || (reach.tcp !== 'open' && reach.tcp !== 'refused'))
  );
};

/** Nodes that could not be looked at, and why: what they would have shown is unknown, and often the operator can mend it. */
const blindSpots = (look: Look, pods: readonly PodRef[]): readonly string[] =>
  nodesOf(pods).flatMap((node) => {
    const scan = look.tasks[node];
    return scan === undefined || scan.ok ? [] : [`${node} could not be looked at: ${scan.says}`];
  });

/** Has answered, unsealed and as a standby. */
const isStandby = (look: Look, pod: string): boolean => {
  const health = ok(look.health[pod]);
  return health !== undefined && health.initialized && !health.sealed && health.standby;
};

/** The leader that most of the answering pods name, or the pod that says it is the leader itself. */
function namedLeader(look: Look, pods: readonly PodRef[]): string | undefined {
  const self = pods.find((p) => ok(look.leader[p.name])?.isSelf === true);
  if (self !== undefined) return self.name;
  const votes = pods.flatMap((p) => {
    const answer = ok(look.leader[p.name]);
    const named = answer === undefined ? undefined : namedBy(answer, pods);
    return named === undefined ? [] : [named];
  });
  const count = (name: string): number => votes.filter((v) => v === name).length;
  return votes.toSorted((a, b) => count(b) - count(a) || a.localeCompare(b))[0];
}

/** How many looks, and over what time, a verdict of "stuck" asks for: 4 in 60 s (COMMANDS A.4). */
export const LOOKS = 4;

/**
 * The evidence rule of COMMANDS A.4, corrected at its end: stuck (silent) is an API that accepts TCP and sends nothing while
 * no election happens; stuck (storage) needs three lost canaries and a corroboration from the node; whatever still works is
 * slow; a process frozen whole is replaced by an election and is a failed member.
 */
export function judge(pods: readonly PodRef[], window: readonly Dated[]): Verdict {
  const last = window.at(-1);
  if (last === undefined) return { is: 'unclear', because: 'nothing was sampled' };
  const names = pods.map((p) => p.name);
  const replaced = replacedPod(pods, last.seen);
  if (replaced !== undefined) return { is: 'moved', because: replaced };
  if (names.every((n) => isDark(last.seen, n))) {
    return {
      is: 'dark',
      because: `no node could open TCP to ${names.join(', ')}, and the API server's proxy got no answer: the pod network itself may be down`,
    };
  }
  const sealed = names.filter((n) => ok(last.seen.health[n])?.sealed === true);
  if (sealed.length > 0 && !names.some((n) => isSilent(last.seen, n))) {
    return {
      is: 'sealed',
      because: `${sealed.join(', ')} ${sealed.length === 1 ? 'is' : 'are'} sealed`,
    };
  }
  const election = electionsSince(window, names);
  if (election !== undefined) return afterElection(pods, window, election);
  const leader = namedLeader(last.seen, pods);
  if (leader !== undefined && window.every((w) => isSilent(w.seen, leader))) {
    return silent(pods, window, leader);
  }
  const inactive = neverActivated(last.seen.logs, names, (n) => ok(last.seen.leader[n]));
  if (inactive !== undefined)
    return { is: 'ha-inactive', leader: inactive.pod, because: inactive.because };
  if (leader === undefined || !window.some((w) => answers(w.seen, leader))) {
    return unmeasured(pods, last.seen, leader) ?? noLeader(pods, window, leader);
  }
  return working(pods, window, leader);
}

function replacedPod(pods: readonly PodRef[], look: Look): string | undefined {
  const now = ok(look.pods);
  if (now === undefined) return undefined;
  for (const pod of pods) {
    const found = now.find((p) => p.name === pod.name);
    if (found === undefined) return `${pod.name} is gone`;
    if (found.uid !== pod.uid)
      return `${pod.name} was replaced: uid ${found.uid} instead of ${pod.uid}`;
  }
  return undefined;
}

function afterElection(
  pods: readonly PodRef[],
  window: readonly Dated[],
  election: string,
): Verdict {
  const look = window.at(-1)?.seen;
  if (look === undefined) return { is: 'unclear', because: election };
  const active = pods.find((p) => {
    const health = ok(look.health[p.name]);
    return health !== undefined && !health.sealed && !health.standby;
  });
  if (active === undefined) {
    return window.length < LOOKS
      ? { is: 'moved', because: election }
      : noLeader(pods, window, undefined);
  }
  const failed = pods.filter((p) => !answers(look, p.name)).map((p) => p.name);
  const [member] = failed;
  return member === undefined
    ? { is: 'healthy', because: `${election}; ${active.name} is active and every pod answers` }
    : {
        is: 'failed-member',
        member,
        because: `${election}; ${active.name} is active now, and ${failed.join(', ')} does not answer: a failed member, not a leader to remove`,
      };
}

/** The signals that a silent or storage-bound leader has besides its own silence, each with its sentence. */
function corroboration(pods: readonly PodRef[], window: readonly Dated[], leader: string) {
  const last = window.at(-1)?.seen;
  const standbys = pods
    .map((p) => p.name)
    .filter((n) => n !== leader && last !== undefined && isStandby(last, n));
  const wanted = Math.max(1, Math.min(2, standbys.length));
  const cutOff = standbys.filter((n) => ok(last?.health[n])?.haConnectionHealthy === false);
  const complaints = complaintsAbout(window, pods, leader, standbys);
  const lost = window.filter((w) => ok(w.seen.canary)?.acked === false);
  const acked = window.some((w) => ok(w.seen.canary)?.acked === true);
  const indexes = window.map((w) => maxIndex(w.seen, standbys));
  const advanced = indexes.some(
    (it, i) => i > 0 && it !== undefined && it > (indexes[i - 1] ?? it),
  );
  const node = pods.find((p) => p.name === leader);
  const blocked = blockedThread(window, node);
  const stale = staleClient(last?.clients, node?.node);
  const empty = window.length > 1 && window.every((w) => ok(w.seen.endpoints)?.length === 0);
  return {
    standbysSee: [
      ...(standbys.length > 0 && cutOff.length >= wanted
        ? [`${cutOff.join(' and ')} say their connection to the active node is not healthy`]
        : []),
      ...(complaints.length >= wanted ? [complaints.map((c) => c.says).join('; ')] : []),
    ],
    noProgress:
      lost.length > 0 && !acked && !advanced
        ? [
            `${lost.length} canary ${lost.length === 1 ? 'write was' : 'writes were'} not acknowledged, and no standby's index moved`,
          ]
        : [],
    lostCanaries: lost.length,
    acked,
    advanced,
    node: [...(blocked === undefined ? [] : [blocked]), ...(stale === undefined ? [] : [stale])],
    routing: empty ? ['the active service has had no endpoint for the whole window'] : [],
    blind: last === undefined ? [] : blindSpots(last, pods),
    withheld: window.some((w) => w.seen.canary?.ok === false && w.seen.canary.why === 'withheld'),
  };
}

function maxIndex(look: Look, pods: readonly string[]): number | undefined {
  const seen = pods.flatMap((n) => ok(look.leader[n])?.committedIndex ?? []);
  return seen.length === 0 ? undefined : Math.max(...seen);
}

/** L6: a thread of the leader's pod in D state on an NFS, RPC or writeback wait channel, in three looks or more. */
function blockedThread(window: readonly Dated[], pod: PodRef | undefined): string | undefined {
  if (pod === undefined) return undefined;
  const hits = window.flatMap((w) => {
    const task = ok(w.seen.tasks[pod.node])?.tasks.find(
      (t) => t.state === 'D' && t.nfs && t.podUid === pod.uid,
    );
    return task === undefined ? [] : [task];
  });
  const first = hits[0];
  return first !== undefined && hits.length >= 3
    ? `on ${pod.node} its thread ${first.tid} (${first.comm}) is in D state in ${first.wchan}, ${hits.length} of ${window.length} looks`
    : undefined;
}

/** L7: the NFS server's own word on that node's client. */
function staleClient(
  clients: Observation<NfsClients> | undefined,
  node: string | undefined,
): string | undefined {
  const list = ok(clients);
  if (list === undefined || node === undefined) return undefined;
  const stale = list.clients.find(
    (c) =>
      c.hostname === node &&
      (c.status === 'courtesy' || (c.secondsSinceRenew ?? 0) > list.leaseSeconds),
  );
  return stale === undefined
    ? undefined
    : `the NFS server has not heard from ${node} for ${stale.secondsSinceRenew ?? 'an unknown number of'} s (lease ${list.leaseSeconds} s)`;
}

function silent(pods: readonly PodRef[], window: readonly Dated[], leader: string): Verdict {
  const first = `${leader} opened TCP and sent no byte, ${window.length} of ${window.length} samples; no election in between`;
  const more = corroboration(pods, window, leader);
  if (more.acked || more.advanced) {
    return {
      is: 'slow',
      because: `${first}; but a write was acknowledged or an index moved, so the raft is alive`,
    };
  }
  const second = more.standbysSee;
  const third = [...more.noProgress, ...more.routing, ...more.node];
  const said = [first, ...second, ...third].join('; ');
  if (second.length > 0 && third.length > 0)
    return { is: 'stuck', how: 'silent', leader, because: said };
  const missing = [
    ...(second.length === 0 ? ['no standby complains about it'] : []),
    ...(third.length === 0
      ? [
          more.withheld
            ? 'the canary write was withheld in this plan'
            : 'neither a canary nor its node corroborates it',
        ]
      : []),
    ...more.blind,
  ];
  return { is: 'suspect', leader, because: `${said}; but ${missing.join(', and ')}` };
}

function working(pods: readonly PodRef[], window: readonly Dated[], leader: string): Verdict {
  const more = corroboration(pods, window, leader);
  const last = window.at(-1)?.seen;
  const unready =
    last !== undefined && ok(last.pods)?.find((p) => p.name === leader)?.ready === false;
  const seconds = [
    ...more.standbysSee,
    ...(unready ? [`${leader} fails its readiness probe`] : []),
  ];
  const quiet = window.every((w) => answers(w.seen, leader));
  const down = pods
    .map((p) => p.name)
    .filter((n) => n !== leader && !window.some((w) => answers(w.seen, n)));
  const [member] = down;
  if (quiet && member !== undefined && (more.acked || more.advanced)) {
    return {
      is: 'failed-member',
      member,
      because: `${leader} leads and works (${more.acked ? 'a canary write was acknowledged' : 'an index moved'}); ${down.join(', ')} does not answer: a failed member, not a leader to remove`,
    };
  }
  if (more.acked || more.advanced) {
    return quiet && seconds.length === 0
      ? { is: 'healthy', because: `${leader} answers and a canary write was acknowledged` }
      : {
          is: 'slow',
          because: `${leader} is slow, and it works: ${more.acked ? 'a canary write was acknowledged' : 'an index moved'}`,
        };
  }
  const said = [
    `${leader} still answers without a token`,
    ...more.noProgress,
    ...more.node,
    ...seconds,
    ...more.blind,
  ].join('; ');
  if (more.lostCanaries >= 3 && more.node.length > 0 && seconds.length > 0) {
    return { is: 'stuck', how: 'storage', leader, because: said };
  }
  if (more.lostCanaries > 0 || more.node.length > 0 || seconds.length > 0) {
    return { is: 'suspect', leader, because: `${said}; that does not prove that it is stuck` };
  }
  return quiet
    ? {
        is: 'healthy',
        because: `${leader} answers, and nothing complains about it; no write was tried`,
      }
    : { is: 'slow', because: `${leader} answers now and then` };
}

/** The named leader does not answer the proxy, and nobody could look from another node: that is unknown, not silence. */
function unmeasured(
  pods: readonly PodRef[],
  look: Look,
  leader: string | undefined,
): Verdict | undefined {
  if (leader === undefined) return undefined;
  const reach = look.reach[leader];
  if (reach?.ok === true) return undefined;
  const blind = blindSpots(look, pods);
  const why = blind.length > 0 ? blind.join('; ') : (reach?.says ?? 'no other node is known');
  return {
    is: 'unclear',
    because: `${leader} is named leader and does not answer the API server's proxy; whether it is silent could not be measured from another node: ${why}`,
  };
}

function noLeader(
  pods: readonly PodRef[],
  window: readonly Dated[],
  named: string | undefined,
): Verdict {
  const look = window.at(-1)?.seen;
  const up = pods.filter((p) => look !== undefined && answers(look, p.name)).map((p) => p.name);
  const who =
    named === undefined
      ? 'nobody names a leader'
      : `${named} is still named leader and is not there`;
  return {
    is: 'no-leader',
    because: [
      `no pod is active; ${who}; answering: ${up.length === 0 ? 'none' : up.join(', ')}`,
      ...(look === undefined ? [] : blindSpots(look, pods)),
    ].join('; '),
  };
}
