import { agentOf } from '../agents.ts';
import { otherPod, suffix } from '../bystanders.ts';
import { between, uuid } from '../chance.ts';
import { changePod, emit } from '../change.ts';
import type { Node, Pod, Workload, World } from '../world.ts';
import type { Rule, Wanted } from './rule.ts';

/** Other people's controllers: they make up for what was evicted or deleted, and their pods start again after a boot. */

const isTheirs = (pod: Pod): boolean => agentOf(pod) === undefined && pod.owner?.name !== 'vault';

const ownedBy = (world: World, { namespace, name }: Workload): readonly Pod[] =>
  world.pods.filter((pod) => pod.namespace === namespace && pod.owner?.name === name);

/** Nodes on which the scheduler may put such a pod; spread where it can be. */
function candidates(world: World, workload: Workload): readonly Node[] {
  const free = world.nodes.filter(
    (node) =>
      !node.controlPlane &&
      !node.unschedulable &&
      node.kubelet === 'running' &&
      node.power === 'on' &&
      (workload.pinned === undefined || workload.pinned === node.name),
  );
  const taken = new Set(ownedBy(world, workload).map((pod) => pod.node));
  const apart = free.filter((node) => !taken.has(node.name));
  return apart.length > 0 ? apart : free;
}

const place =
  (workload: Workload, uid: string) =>
  (world: World): World => {
    const nodes = candidates(world, workload);
    const chosen = nodes[between(0, Math.max(0, nodes.length - 1), world.seed, 'schedule', uid)];
    const node = nodes.find((it) => it.name === world.plot.lands?.[workload.app]) ?? chosen;
    if (node === undefined) return world;
    const placed = changePod(world, uid, (it) => ({ ...it, node: node.name, since: world.at }));
    const pod = placed.pods.find((it) => it.uid === uid);
    if (pod === undefined) return world;
    const says = `Successfully assigned ${pod.namespace}/${pod.name} to ${node.name}`;
    return emit(placed, pod, 'Normal', 'Scheduled', says);
  };

const create =
  (workload: Workload, name: string) =>
  (world: World): World => {
    const uid = uuid(world.seed, 'pod', workload.namespace, name, world.born);
    const pod = otherPod(workload, '', name, uid, world.at);
    return place(workload, uid)({ ...world, born: world.born + 1, pods: [...world.pods, pod] });
  };

function missing(world: World, workload: Workload): readonly Wanted[] {
  const { kind, namespace, name, replicas } = workload;
  const owned = ownedBy(world, workload);
  const after = [800, 2_000] as const;
  if (kind === 'DaemonSet') return [];
  if (kind === 'StatefulSet') {
    // The name is the identity: the next one comes when the old object is gone.
    return Array.from({ length: replicas }, (_, i) => `${name}-${i}`)
      .filter((pod) => !owned.some((it) => it.name === pod))
      .map((pod) => ({
        key: `create:${namespace}/${pod}`,
        after,
        deed: create(workload, pod),
      }));
  }
  const staying = owned.filter((pod) => pod.deletion === undefined);
  if (staying.length >= replicas) return [];
  return [
    {
      key: `create:${namespace}/${name}:${world.born}`,
      after,
      deed: (now) =>
        create(workload, `${name}-${suffix(5, now.seed, workload.app, now.born)}`)(now),
    },
  ];
}

/** Makes the pods that are missing, and finds a node for those that have none. */
export const workloads: Rule = {
  wants: (world) =>
    world.workloads.flatMap((workload): readonly Wanted[] => [
      ...missing(world, workload),
      ...ownedBy(world, workload)
        .filter((pod) => pod.node === '' && candidates(world, workload).length > 0)
        .map((pod) => ({
          key: `schedule:${pod.uid}` as const,
          after: [300, 1_500] as const,
          deed: place(workload, pod.uid),
        })),
    ]),
};

const run =
  (uid: string) =>
  (world: World): World =>
    changePod(world, uid, (pod) => {
      const net = world.nodes.find((node) => node.name === pod.node)?.podNet ?? '10.10.0';
      const ip = pod.ip ?? `${net}.${between(4, 250, world.seed, 'ip', uid)}`;
      return { ...pod, stage: 'running', since: world.at, ip };
    });

/** Their containers start once the volumes are there. */
export const startingOthers: Rule = {
  wants: (world) =>
    world.pods
      .filter((pod) => pod.stage === 'starting' && pod.deletion === undefined && isTheirs(pod))
      .filter((pod) =>
        world.nodes.some(
          (node) => node.name === pod.node && node.power === 'on' && node.kubelet === 'running',
        ),
      )
      .map((pod) => ({ key: `start:${pod.uid}`, after: [1_200, 6_000], deed: run(pod.uid) })),
};
