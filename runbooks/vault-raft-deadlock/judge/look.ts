import type { Observation } from '../../../src/runbook/observation.ts';
import type { Endpoint } from '../../../src/tools/kubectl/endpoints.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { StatefulSet } from '../../../src/tools/kubectl/statefulset.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { LogFile } from '../../../src/tools/node/pod-log.ts';
import type { Reach } from '../../../src/tools/node/reach.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import type { HaStatus, Health, Leader } from '../../../src/tools/vault/proxy.ts';
import type { Canary } from '../../../src/tools/vault/token.ts';
import type { PodRef } from '../../../src/runbook/references.ts';
import { nodesOf } from '../../../src/guards/vantage.ts';

type ByName<T> = Readonly<Record<string, Observation<T>>>;

/** One look at everything the verdict rests on (COMMANDS A.4). */
export interface Look {
  readonly pods: Observation<readonly Pod[]>;
  readonly set: Observation<StatefulSet | undefined>;
  readonly health: ByName<Health>;
  readonly leader: ByName<Leader>;
  /** TCP and HTTP to each pod from a node other than its own. */
  readonly reach: ByName<Reach>;
  readonly logs: ByName<LogFile>;
  readonly tasks: ByName<TaskScan>;
  readonly endpoints: Observation<readonly Endpoint[]>;
  /** What `/sys/ha-status` without a token says through a standby. */
  readonly ha: Observation<HaStatus> | undefined;
  readonly clients: Observation<NfsClients> | undefined;
  readonly canary: Observation<Canary> | undefined;
}

/** A look, when it began and when it was complete (milliseconds since 1970, UTC). */
export interface Dated {
  readonly since: number;
  readonly at: number;
  readonly seen: Look;
}

export const ok = <T>(it: Observation<T> | undefined): T | undefined =>
  it !== undefined && it.ok ? it.value : undefined;

/** The pod that a `/sys/leader` answer names: by its cluster address first, by pod address second (COMMANDS A.3). */
export function namedBy(answer: Leader, pods: readonly PodRef[]): string | undefined {
  const host = /^\w+:\/\/([^.:/]+)/.exec(answer.leaderClusterAddress)?.[1];
  const byName = pods.find((p) => p.name === host);
  const address = /^\w+:\/\/([^:/]+)/.exec(answer.leaderAddress)?.[1];
  return (byName ?? pods.find((p) => p.ip !== '' && p.ip === address))?.name;
}

/** Accepts TCP from another node and sends no byte, while the API server's proxy gets no answer either (L1). */
export const isSilent = (look: Pick<Look, 'reach' | 'health'>, pod: string): boolean => {
  const reach = ok(look.reach[pod]);
  return (
    reach !== undefined &&
    reach.tcp === 'open' &&
    // A connection that took long leaves too little of the 5 s to call it silence.
    reach.tcpSeconds < 1 &&
    reach.http.is === 'silent' &&
    look.health[pod]?.ok !== true
  );
};

/** Answers anything at all, by either way. */
export const answers = (look: Look, pod: string): boolean =>
  look.health[pod]?.ok === true || ok(look.reach[pod])?.http.is === 'status';

/** Nobody can even open TCP to it: of its API nothing is known. */
export const isDark = (look: Look, pod: string): boolean => {
  const reach = ok(look.reach[pod]);
  return (
    !answers(look, pod) &&
    (reach === undefined || (reach.tcp !== 'open' && reach.tcp !== 'refused'))
  );
};

/** Has answered, unsealed and as a standby. */
export const isStandby = (look: Look, pod: string): boolean => {
  const health = ok(look.health[pod]);
  return health !== undefined && health.initialized && !health.sealed && health.standby;
};

/** The leader that most of the answering pods name, or the pod that says it is the leader itself. */
export function namedLeader(look: Look, pods: readonly PodRef[]): string | undefined {
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

/** Nodes that could not be looked at, and why: what they would have shown is unknown, and often the operator can mend it. */
export const blindSpots = (look: Look, pods: readonly PodRef[]): readonly string[] =>
  nodesOf(pods).flatMap((node) => {
    const scan = look.tasks[node];
    return scan === undefined || scan.ok ? [] : [`${node} could not be looked at: ${scan.says}`];
  });
