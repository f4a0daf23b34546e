import { nodeRefOf } from '../../../src/deeds/references.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { Sample } from '../../../src/runbook/step.ts';
import type { FailedMount } from '../../../src/tools/kubectl/events.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { NfsServer } from '../../../src/tools/nfs/server.ts';
import { deadHolders } from '../../../src/tools/node/poisoner.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import { sayHolder, sayTask, steadyTasks, waitingForNfs } from './stuck.ts';
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
      /** `give-back`: it is well, or another one comes first, and this run still has it cordoned. */
      readonly is: 'sick' | 'give-back';
      readonly target: NodeRef;
      readonly control: string;
      /** How long a client may stay silent, as the server says; 0 where it could not be asked. */
      readonly leaseSeconds: number;
      readonly because: string;
    }
  | { readonly is: 'calm'; readonly because: string };

/** A mount that failed longer ago than this says nothing about now. */
const RECENT_MS = 15 * 60_000;

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
  const steady = steadyTasks(scans);
  const holders = deadHolders(steady);
  const dead = new Set(holders.map((it) => it.leader.pid));
  const stuck = [
    ...holders.map(sayHolder),
    ...waitingForNfs(steady)
      .filter((it) => !dead.has(it.pid))
      .map(sayTask),
  ];
  const failing = events.filter((it) => it.host === node.name && it.kind === 'deadline');
  return {
    node,
    seen: scans.at(-1)?.ok === true,
    stuck: stuck.length,
    signs: [
      ...stuck.slice(0, 2),
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

/** What the run knows before it looks. */
export interface Known {
  /** The one node that was asked for. */
  readonly only: string | undefined;
  /** What this run has mended. */
  readonly repaired: readonly Repair[];
  /** Nodes that were looked at closely, and are well. */
  readonly cleared: readonly string[];
  /** Nodes that this run has cordoned. */
  readonly cordoned: readonly string[];
}

/** Weighs all samples; `now` in milliseconds. */
export function judgeSurvey(
  samples: readonly Sample<SurveyLook>[],
  known: Known,
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
    const since = known.repaired.findLast((it) => it.node === node.name)?.at ?? 0;
    return suspicionOf(node, samples, recent(look.events, Math.max(since, now - RECENT_MS)));
  });
  const { only } = known;
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
  const picked = meant ?? suspects.find((it) => !known.cleared.includes(it.node.name));
  const ours = all.find((it) => known.cordoned.includes(it.node.name) && it.node.unschedulable);
  const first = ours !== undefined && ours.node.name !== picked?.node.name ? ours : undefined;
  const target = first ?? picked;
  if (target === undefined) {
    const well = suspects.map((it) => it.node.name).join(', ');
    if (well !== '') {
      return {
        is: 'calm',
        because: `what looked stuck was looked at closely, and is well: ${well}`,
      };
    }
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
    first !== undefined
      ? `${first.node.name} is still cordoned by this run`
      : target.signs.length > 0
        ? say(target)
        : `${target.node.name} is the node that was named`;
  if (control === undefined) {
    return { is: 'no-control', because: `${because}; no healthy node is left to compare it with` };
  }
  return {
    is: first === undefined ? 'sick' : 'give-back',
    target: nodeRefOf(target.node),
    control: control.node.name,
    leaseSeconds: look.server?.ok === true ? look.server.value.leaseSeconds : 0,
    because,
  };
}

const answersFrom = (look: SurveyLook, node: string): boolean => {
  const answer = look.answers[node];
  return answer?.ok === true && answer.value.rpc === 'answers';
};
