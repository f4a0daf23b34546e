import { nodeRefOf } from '../../../src/deeds/references.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { Sample } from '../../../src/runbook/step.ts';
import type { FailedMount } from '../../../src/tools/kubectl/events.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { NfsServer } from '../../../src/tools/nfs/server.ts';
import { holdsDead } from '../../../src/tools/node/poisoner.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import type { NodeRef } from '../../../src/runbook/references.ts';
import type { Repair } from '../facts.ts';

/** One look at every node: what the API says of it, what waits on it, and whether the NFS server answers from there. */
export interface SurveyLook {
  readonly nodes: Observation<readonly Node[]>;
  readonly scans: Readonly<Record<string, Observation<TaskScan>>>;
  readonly answers: Readonly<Record<string, Observation<ServerAnswer>>>;
  readonly server: Observation<NfsServer> | undefined;
  readonly events: Observation<readonly FailedMount[]>;
}

/** What the survey makes of the cluster. */
export type Survey =
  | { readonly is: 'no-api'; readonly because: string }
  | { readonly is: 'server'; readonly because: string }
  | { readonly is: 'grace'; readonly because: string }
  | { readonly is: 'blind'; readonly because: string }
  | { readonly is: 'many'; readonly because: string }
  | { readonly is: 'no-control'; readonly because: string }
  | { readonly is: 'unknown-node'; readonly because: string }
  | {
      readonly is: 'sick';
      readonly target: NodeRef;
      readonly control: string;
      readonly because: string;
    }
  | { readonly is: 'calm'; readonly because: string };

/** A mount that failed longer ago than this says nothing about now. */
const RECENT_MS = 15 * 60_000;

const keyOf = (task: Task): string => `${task.pid}/${task.tid}/${task.startTicks}`;

/**
 * Threads that wait for NFS in every sample: one look alone may catch ordinary I/O (COMMANDS A.4 L6 reads three times). A
 * zombie whose other thread cannot end counts at once; it has ended, and no signal reaches it (COMMANDS B.3).
 */
export function stuckTasks(
  samples: readonly (Observation<TaskScan> | undefined)[],
): readonly Task[] {
  const scans = samples.map((it) => (it?.ok === true ? it.value.tasks : []));
  const last = scans.at(-1) ?? [];
  const persistent = last.filter(
    (task) =>
      task.state === 'D' &&
      (task.nfs || isMount(task)) &&
      !last.some((it) => it.pid === task.pid && holdsDead(it)) &&
      scans.every((scan) => scan.some((it) => keyOf(it) === keyOf(task) && it.state === 'D')),
  );
  return [...last.filter(holdsDead), ...persistent];
}

/** `mount.nfs` and `mount.nfs4`, whatever they wait for. */
export const isMount = (task: Pick<Task, 'comm'>): boolean => task.comm.startsWith('mount.nfs');

/** How a stuck task reads on a screen. */
export const sayTask = (task: Task): string =>
  holdsDead(task)
    ? `${task.comm} (pid ${task.pid}) is a zombie with a thread that cannot end`
    : `${task.comm} (pid ${task.pid}) waits in ${task.wchan}`;

interface Suspicion {
  readonly node: Node;
  /** What speaks against it, one phrase each; empty: nothing. */
  readonly signs: readonly string[];
  readonly stuck: number;
  /** It could be looked at over SSH. */
  readonly seen: boolean;
}

function suspicionOf(
  node: Node,
  samples: readonly Sample<SurveyLook>[],
  events: readonly FailedMount[],
): Suspicion {
  const scans = samples.map((it) => it.seen.scans[node.name]);
  const stuck = stuckTasks(scans);
  const failing = events.filter((it) => it.host === node.name && it.kind === 'deadline');
  return {
    node,
    seen: scans.at(-1)?.ok === true,
    stuck: stuck.length,
    signs: [
      ...stuck.slice(0, 2).map(sayTask),
      ...(stuck.length > 2 ? [`${stuck.length - 2} more wait`] : []),
      ...(failing.length > 0
        ? [
            `${failing.length === 1 ? 'the mount of a pod' : `mounts of ${failing.length} pods`} ran into the deadline`,
          ]
        : []),
      ...(node.ready === 'True' ? [] : [`Ready=${node.ready}`]),
    ],
  };
}

const say = (it: Suspicion): string => `${it.node.name}: ${it.signs.join(', ')}`;

/** The worst first, and a control plane last: it costs the most (DOMAIN 2.1, 2.3). */
const byNeed = (a: Suspicion, b: Suspicion): number =>
  Number(a.node.controlPlane) - Number(b.node.controlPlane) ||
  b.stuck - a.stuck ||
  (a.node.name < b.node.name ? -1 : 1);

/** Mounts that failed after that time. What failed before a repair says nothing of what came after it. */
const recent = (
  events: Observation<readonly FailedMount[]>,
  since: number,
): readonly FailedMount[] =>
  events.ok ? events.value.filter((it) => Date.parse(it.last) > since) : [];

/** What the answers of all nodes say of the server: only what answers nowhere is the server's fault (COMMANDS B.7). */
function judgeServer(look: SurveyLook): Survey | undefined {
  const asked = Object.entries(look.answers).flatMap(([node, it]) =>
    it.ok && it.value.rpc !== 'unknown' ? [{ node, answer: it.value }] : [],
  );
  const working = asked.filter((it) => it.answer.rpc === 'answers');
  if (look.server?.ok === true && look.server.value.inGrace) {
    const { graceSeconds } = look.server.value;
    return {
      is: 'grace',
      because: `the NFS server has just been started and is in its grace period (${graceSeconds} s at most): files open again by themselves`,
    };
  }
  if (asked.length >= 2 && working.length === 0) {
    const how = asked
      .map(({ node, answer }) => `${node}: TCP ${answer.tcp}, RPC ${answer.rpc}`)
      .join('; ');
    return { is: 'server', because: `the NFS server answers from no node (${how})` };
  }
  return undefined;
}

/** Weighs all samples; `only` is the one node that was asked for, `repaired` what this run has mended, `now` in milliseconds. */
export function judgeSurvey(
  samples: readonly Sample<SurveyLook>[],
  only: string | undefined,
  repaired: readonly Repair[],
  now: number,
): Survey {
  const look = samples.at(-1)?.seen;
  if (look === undefined || !look.nodes.ok) {
    return {
      is: 'no-api',
      because: `the nodes could not be listed: ${look?.nodes.ok === false ? look.nodes.says : 'not asked'}`,
    };
  }
  const server = judgeServer(look);
  if (server !== undefined) return server;
  const all = look.nodes.value.map((node) => {
    const since = repaired.findLast((it) => it.node === node.name)?.at ?? 0;
    return suspicionOf(node, samples, recent(look.events, Math.max(since, now - RECENT_MS)));
  });
  const meant = all.find((it) => it.node.name === only);
  if (only !== undefined && meant === undefined) {
    return { is: 'unknown-node', because: `the API server knows no node ${only}` };
  }
  const suspects = all.filter((it) => it.signs.length > 0).toSorted(byNeed);
  if (suspects.length * 2 > all.length) {
    return {
      is: 'many',
      because: `${suspects.length} of ${all.length} nodes are stuck (${suspects.map(say).join('; ')}): that points to the server or the control plane, not to clients`,
    };
  }
  const dark = all.filter((it) => !it.seen);
  if (dark.length * 2 > all.length) {
    return {
      is: 'blind',
      because: `${dark.map((it) => it.node.name).join(', ')} could not be looked at`,
    };
  }
  const target = meant ?? suspects[0];
  if (target === undefined) {
    return {
      is: 'calm',
      because: `no task waits for NFS on ${all.length - dark.length} of ${all.length} nodes, and all are Ready${dark.length > 0 ? `; not looked at: ${dark.map((it) => it.node.name).join(', ')}` : ''}`,
    };
  }
  const control = all.find(
    (it) =>
      it.node.name !== target.node.name &&
      it.signs.length === 0 &&
      it.seen &&
      answersFrom(look, it.node.name),
  );
  const because =
    target.signs.length > 0 ? say(target) : `${target.node.name} is the node that was named`;
  if (control === undefined) {
    return { is: 'no-control', because: `${because}; no healthy node is left to compare it with` };
  }
  return { is: 'sick', target: nodeRefOf(target.node), control: control.node.name, because };
}

const answersFrom = (look: SurveyLook, node: string): boolean => {
  const answer = look.answers[node];
  return answer?.ok === true && answer.value.rpc === 'answers';
};
