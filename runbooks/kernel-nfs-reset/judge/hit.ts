import type { Observation } from '../../../src/runbook/observation.ts';
import type { BlastRadius } from '../../../src/runbook/step.ts';
import type { Attachment } from '../../../src/tools/kubectl/attachments.ts';
import { covers } from '../../../src/tools/kubectl/budgets.ts';
import type { Budget } from '../../../src/tools/kubectl/budgets.ts';
import type { CsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { Workload } from '../../../src/tools/kubectl/workloads.ts';
import { memberships } from './members.ts';

/** Everything that is counted before a node is taken down. */
export interface Hit {
  readonly pods: Observation<readonly Pod[]>;
  readonly budgets: Observation<readonly Budget[]>;
  readonly deployments: Observation<readonly Workload[]>;
  readonly statefulSets: Observation<readonly Workload[]>;
  readonly replicaSets: Observation<readonly Workload[]>;
  readonly attachments: Observation<readonly Attachment[]>;
  readonly csiNodes: Observation<readonly CsiNode[]>;
  readonly nodes: Observation<readonly Node[]>;
}

type Count = BlastRadius['counts'][number];

const count = (what: string, many: string, names: readonly string[]): Count => ({
  what,
  many,
  count: names.length,
  names,
});

const nameOf = (pod: Pod): string => `${pod.namespace}/${pod.name}`;

/** Pods by the kind of what owns them, with how many of each namespace. */
function podsByKind(pods: readonly Pod[]): readonly Count[] {
  const kinds = Map.groupBy(pods, (pod) => (pod.mirror ? 'static' : (pod.owner?.kind ?? 'bare')));
  return [...kinds].map(([kind, mine]) => {
    const spaces = Map.groupBy(mine, (pod) => pod.namespace);
    return {
      what:
        kind === 'bare' ? 'pod without an owner, which nothing starts again' : `pod of a ${kind}`,
      many:
        kind === 'bare' ? 'pods without an owner, which nothing starts again' : `pods of ${kind}s`,
      count: mine.length,
      names: [...spaces].map(([namespace, there]) => `${namespace} ${there.length}`),
    };
  });
}

/** Pods that are the only one of their kind: what they serve is gone until the node is back. */
function onlyOnes(pods: readonly Pod[], workloads: readonly Workload[]): readonly string[] {
  const single = (pod: Pod): boolean => {
    const owner = workloads.find(
      (it) =>
        it.namespace === pod.namespace &&
        it.name === pod.owner?.name &&
        KIND_OF[it.kind] === pod.owner.kind,
    );
    return owner?.replicas === 1;
  };
  return pods.filter(single).map(nameOf);
}

const KIND_OF: Readonly<Record<Workload['kind'], string>> = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  replicasets: 'ReplicaSet',
};

/** How many more volumes the fullest and the emptiest other node can take. */
function headroom(
  node: string,
  attachments: readonly Attachment[],
  csiNodes: readonly CsiNode[],
): readonly string[] {
  return csiNodes
    .filter((it) => it.name !== node)
    .flatMap((it) =>
      it.drivers.flatMap((driver) => {
        if (driver.allocatable === undefined) return [];
        const used = attachments.filter(
          (one) => one.node === it.name && one.driver === driver.name,
        ).length;
        return [`${it.name} ${driver.allocatable - used}`];
      }),
    );
}

const unread = (what: string, it: Observation<unknown>): readonly string[] =>
  it.ok ? [] : [`${what}: ${it.says}`];

/** What a reset of `node` hits, in numbers and names; what could not be counted is named as unknown. */
export function measureHit(node: string, vaultPods: readonly string[], seen: Hit): BlastRadius {
  const { pods, budgets, attachments, csiNodes, nodes } = seen;
  const lists = [seen.deployments, seen.statefulSets, seen.replicaSets];
  const workloads = lists.flatMap((it) => (it.ok ? it.value : []));
  const all = pods.ok ? pods.value.filter((it) => it.phase !== 'Succeeded') : [];
  const here = all.filter((pod) => pod.node === node);
  const mine = attachments.ok ? attachments.value.filter((it) => it.node === node) : [];
  const exhausted = budgets.ok
    ? budgets.value
        .filter((budget) => here.some((pod) => covers(budget, pod)))
        .map(
          (it) =>
            `${it.namespace}/${it.name} (${it.disruptionsAllowed} ${it.disruptionsAllowed === 1 ? 'disruption' : 'disruptions'} allowed)`,
        )
    : [];
  const planes = nodes.ok ? nodes.value.filter((it) => it.controlPlane) : [];
  const only = planes.length === 1 && planes[0]?.name === node;
  return {
    counts: [
      ...(pods.ok
        ? [{ what: 'pod on the node', many: 'pods on the node', count: here.length, names: [] }]
        : []),
      ...podsByKind(here),
      ...(lists.every((it) => it.ok)
        ? [
            count(
              'pod that is the only replica',
              'pods that are the only replica',
              onlyOnes(here, workloads),
            ),
          ]
        : []),
      ...(budgets.ok
        ? [
            count(
              'disruption budget that covers a pod here',
              'disruption budgets that cover a pod here',
              exhausted,
            ),
          ]
        : []),
      ...(pods.ok ? memberships(node, all, vaultPods) : []),
      ...(attachments.ok
        ? [
            count(
              'volume attached here',
              'volumes attached here',
              mine.map((it) => it.volume || it.name),
            ),
          ]
        : []),
      ...(attachments.ok && csiNodes.ok
        ? [
            {
              what: 'other node with room for more volumes',
              many: 'other nodes, with room for so many more volumes',
              count: headroom(node, attachments.value, csiNodes.value).length,
              names: headroom(node, attachments.value, csiNodes.value),
            },
          ]
        : []),
      ...(nodes.ok
        ? [count('control plane that is the only one', 'control planes', only ? [node] : [])]
        : []),
    ],
    unknown: [
      ...unread('pods', pods),
      ...unread('disruption budgets', budgets),
      ...unread('deployments', seen.deployments),
      ...unread('stateful sets', seen.statefulSets),
      ...unread('replica sets', seen.replicaSets),
      ...unread('volume attachments', attachments),
      ...unread('room for volumes', csiNodes),
      ...unread('nodes', nodes),
    ],
  };
}
