import type { Observation } from '../../../src/runbook/observation.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { StatefulSet } from '../../../src/tools/kubectl/statefulset.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import type { Health, Leader } from '../../../src/tools/vault/proxy.ts';
import type { RaftServer } from '../../../src/tools/vault/token.ts';

/** What is looked at to count voters (COMMANDS A.5). */
export interface Roll {
  readonly pods: Observation<readonly Pod[]>;
  readonly health: Readonly<Record<string, Observation<Health>>>;
  readonly leader: Readonly<Record<string, Observation<Leader>>>;
  readonly tasks: Readonly<Record<string, Observation<TaskScan>>>;
  readonly configuration: Observation<readonly RaftServer[]> | undefined;
  readonly set: Observation<StatefulSet | undefined>;
}

export interface Voters {
  readonly names: readonly string[];
  /** The voters were not read from the raft configuration but taken from the StatefulSet's replicas. */
  readonly assumed: boolean;
  readonly quorum: number;
  readonly functional: readonly string[];
  /** Why each of the others does not count. */
  readonly others: Readonly<Record<string, string>>;
}

/** A voter may lag this many log entries behind the furthest one: raft's `max_trailing_logs` in Vault. */
const TRAILING = 1000;

/**
 * The voters' names: from the raft configuration where a token could read it, else from the StatefulSet's replicas, so that
 * a pod that is missing altogether still counts against the quorum (COMMANDS A.5).
 */
function votersOf(
  roll: Roll,
): { readonly names: readonly string[]; readonly assumed: boolean } | undefined {
  if (roll.configuration?.ok === true) {
    const voters = roll.configuration.value.filter((s) => s.voter).map((s) => s.id);
    if (voters.length > 0) return { names: voters, assumed: false };
  }
  if (!roll.set.ok || roll.set.value === undefined) return undefined;
  const { name, replicas } = roll.set.value;
  return { names: Array.from({ length: replicas }, (_, i) => `${name}-${i}`), assumed: true };
}

/** Counts voters and functional voters; says what was assumed. `undefined` where pods or voters could not be read. */
export function countVoters(roll: Roll): Voters | undefined {
  const voters = votersOf(roll);
  if (!roll.pods.ok || voters === undefined) return undefined;
  const pods = roll.pods.value;
  const { names, assumed } = voters;
  const furthest = Math.max(
    0,
    ...names.flatMap((n) => {
      const it = roll.leader[n];
      return it?.ok === true ? [it.value.appliedIndex ?? 0] : [];
    }),
  );
  const verdicts = names.map((name) => ({ name, fault: faultOf(roll, pods, name, furthest) }));
  return {
    names,
    assumed,
    quorum: Math.floor(names.length / 2) + 1,
    functional: verdicts.flatMap((v) => (v.fault === undefined ? [v.name] : [])),
    others: Object.fromEntries(
      verdicts.flatMap((v) => (v.fault === undefined ? [] : [[v.name, v.fault]])),
    ),
  };
}

/** Why a voter does not count as functional; `undefined` where it does. Unknown never counts. */
function faultOf(
  roll: Roll,
  pods: readonly Pod[],
  name: string,
  furthest: number,
): string | undefined {
  const pod = pods.find((p) => p.name === name);
  if (pod === undefined) return 'it has no pod';
  if (pod.deletionTimestamp !== undefined)
    return `it is terminating since ${pod.deletionTimestamp}`;
  if (pod.phase !== 'Running') return `its pod is ${pod.phase}`;
  const health = roll.health[name];
  if (health?.ok !== true) return `its API does not answer (${health?.says ?? 'not asked'})`;
  if (health.value.sealed) return 'it is sealed';
  const leader = roll.leader[name];
  if (leader?.ok !== true) return `it does not say who leads (${leader?.says ?? 'not asked'})`;
  const behind = furthest - (leader.value.appliedIndex ?? furthest);
  if (behind > TRAILING) return `it is ${behind} log entries behind`;
  const scan = pod.node === undefined ? undefined : roll.tasks[pod.node];
  if (scan?.ok !== true) return undefined;
  const stuck = scan.value.tasks.find((t) => t.state === 'D' && t.podUid === pod.uid);
  return stuck === undefined
    ? undefined
    : `a thread of it is in D state in ${stuck.wchan} on ${pod.node}`;
}

/** One sentence for the count: who works, who does not and why, and what quorum asks for. */
export function sayVoters(voters: Voters): string {
  const others = Object.entries(voters.others).map(([name, why]) => `${name}: ${why}`);
  const assumed = voters.assumed
    ? ' (voters assumed from the replicas: no raft configuration could be read)'
    : '';
  return [
    `functional voters: ${voters.functional.join(', ') || 'none'} = ${voters.functional.length} of ${voters.names.length}, quorum ${voters.quorum}${assumed}`,
    ...others,
  ].join('; ');
}
