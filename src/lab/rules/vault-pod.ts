import { between, uuid } from '../chance.ts';
import { changeMember, changeMembers, changeNode, changePod, emit, say } from '../change.ts';
import { lockedOut } from '../locks.ts';
import { STARTS } from '../raft-lines.ts';
import { claimsOf, CONTAINERS, vaultLabels, VAULT_REPLICAS } from '../vault-pods.ts';
import type { Node, Pod, Process, World } from '../world.ts';
import { shutOut } from './bolt.ts';
import type { Rule } from './rule.ts';

/** The StatefulSet controller, the scheduler, and the start of Vault in a new pod (COMMANDS A.6). */

/** Where the hard anti-affinity lets a pod go: schedulable workers without another Vault pod. */
const freeNodes = (world: World): readonly Node[] =>
  world.nodes.filter(
    (node) =>
      !node.controlPlane &&
      !node.unschedulable &&
      node.kubelet === 'running' &&
      !world.pods.some((pod) => pod.owner?.name === 'vault' && pod.node === node.name),
  );

const create =
  (name: string) =>
  (world: World): World => {
    const free = freeNodes(world);
    const chosen =
      free[between(0, Math.max(0, free.length - 1), world.seed, 'schedule', name, world.at)];
    const node = free.find((it) => it.name === world.plot.lands?.[name]) ?? chosen;
    if (node === undefined) return world;
    const { fsGroup, fsGroupChangePolicy } = world.template;
    const pod: Pod = {
      uid: uuid(world.seed, 'pod', name, world.born),
      namespace: 'vault',
      name,
      node: node.name,
      createdAt: world.at,
      stage: 'mounting',
      since: world.at,
      owner: { kind: 'StatefulSet', name: 'vault' },
      labels: vaultLabels(name),
      containers: CONTAINERS,
      claims: claimsOf(name),
      fsGroup,
      ...(fsGroupChangePolicy === undefined ? {} : { fsGroupChangePolicy }),
      restarts: 0,
    };
    const made = { ...world, born: world.born + 1, pods: [...world.pods, pod] };
    return emit(
      made,
      pod,
      'Normal',
      'Scheduled',
      `Successfully assigned vault/${name} to ${node.name}`,
    );
  };

/** Makes a pod for every ordinal that has none. */
export const statefulSet: Rule = {
  wants: (world) =>
    VAULT_REPLICAS.filter((name) => !world.pods.some((pod) => pod.name === name)).map((name) => ({
      key: `create:${name}`,
      after: [800, 2_000],
      deed: create(name),
    })),
};

/** The processes of a Vault pod on its node, as a process scan finds them. */
export function vaultProcesses(world: World, node: Node, uid: string): readonly Process[] {
  const first = between(20_000, 900_000, world.seed, 'pid', uid);
  const startTicks = Math.floor((world.at - node.bootedAt) / 10);
  const comms: readonly (readonly [string, number])[] = [
    ['pause', 1],
    ['vault', 14],
    ['sh', 1],
    ['tail', 1],
  ];
  return comms.map(([comm, threads], i) => ({
    pid: first + 13 * i,
    ppid: first - 24,
    startTicks: startTicks + 20 * i,
    comm,
    podUid: uid,
    threads,
  }));
}

/** Another process still has this pod's volumes open: on block storage that is two writers (DOMAIN 2.2 B6). */
const secondWriter = (world: World, pod: Pod): boolean =>
  world.volumes.some((volume) => pod.claims.includes(volume.claim) && volume.backend === 'block') &&
  world.nodes.some((node) =>
    node.mounts.some(
      (mount) =>
        mount.podUid !== pod.uid &&
        world.volumes.some(
          (volume) => volume.name === mount.volume && pod.claims.includes(volume.claim),
        ) &&
        node.processes.some((process) => process.podUid === mount.podUid),
    ),
  );

const start =
  (uid: string) =>
  (world: World): World => {
    const pod = world.pods.find((it) => it.uid === uid);
    const node = world.nodes.find((it) => it.name === pod?.node);
    if (pod === undefined || node === undefined) return world;
    if (lockedOut(world, pod) !== undefined) return shutOut(world, pod);
    const ip = `${node.podNet}.${between(4, 250, world.seed, 'ip', uid)}`;
    const up = changePod(world, uid, (it) => ({
      ...it,
      stage: 'running',
      since: world.at,
      ip: it.ip ?? ip,
      labels: { ...it.labels, 'vault-active': 'false', 'vault-sealed': 'true' },
    }));
    const placed = changeNode(up, node.name, (it) => ({
      ...it,
      processes: [...it.processes, ...vaultProcesses(world, it, uid)],
    }));
    const joined = changeMember(placed, pod.name, (member) => {
      const { activeSince: _, ...rest } = member;
      return {
        ...rest,
        podUid: uid,
        health: 'working',
        sealed: true,
        role: 'follower',
        activates: 'yes',
        audit: 'ok',
        unresolved: [],
        log: [],
      };
    });
    const said = STARTS.reduce((now, line) => say(now, pod.name, 'INFO', line), joined);
    return hideFromDns(
      {
        ...emit(said, pod, 'Normal', 'Started', 'Started container vault'),
        dataLost: world.dataLost || secondWriter(world, pod),
      },
      pod.name,
    );
  };

/**
 * The plot's resolver trouble begins with the member's first new start and ends with any later one: its peers do not find
 * it, and it finds none of them (DOMAIN 2.4, 11:38).
 */
function hideFromDns(world: World, id: string): World {
  const hidden = world.plot.unresolvedAfterStart;
  const cleared = changeMembers(world, (member) => ({
    ...member,
    unresolved: member.unresolved.filter((it) => it.id !== id),
  }));
  if (hidden?.id !== id) return cleared;
  const { unresolvedAfterStart: _, ...plot } = world.plot;
  const until = world.at + hidden.forMs;
  return changeMembers({ ...cleared, plot }, (member) => {
    const lost = member.id === id ? VAULT_REPLICAS.filter((it) => it !== id) : [id];
    return {
      ...member,
      unresolved: [...member.unresolved, ...lost.map((it) => ({ id: it, until }))],
    };
  });
}

/** Starts the containers of a pod whose volumes are there. */
export const starting: Rule = {
  wants: (world) =>
    world.pods
      .filter(
        (pod) =>
          pod.owner?.name === 'vault' && pod.stage === 'starting' && pod.deletion === undefined,
      )
      .map((pod) => ({ key: `start:${pod.uid}`, after: [1_200, 3_000], deed: start(pod.uid) })),
};
