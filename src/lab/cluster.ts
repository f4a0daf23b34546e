import { between, uuid } from './chance.ts';
import { changeNode } from './change.ts';
import { vaultProcesses } from './rules/vault-pod.ts';
import { volumesOf } from './rules/volumes.ts';
import { claimsOf, CONTAINERS, VAULT_REPLICAS, vaultLabels } from './vault-pods.ts';
import { agentPods } from './agent-pods.ts';
import { BUDGETS, bystanders, otherVolumes, otherWorkloads } from './bystanders.ts';
import { machines, NFS_UP } from './machines.ts';
import { START } from './start.ts';
import type { Member, Node, Pod, Volume, World } from './world.ts';

/** The reference cluster of DOMAIN 1, healthy, some minutes before a rehearsal begins. */

/** When the worlds are built: what happens until {@link START} fills their logs. */
export const BUILT = START - 3 * 60_000;

const DAY = 86_400_000;

/** How a world may differ from the reference. */
export interface Variant {
  readonly scenario: string;
  readonly seed: number;
  /** Where Vault's volumes lie; absent: on NFS. */
  readonly backend?: 'nfs' | 'block';
  /** Where the shares of other people lie; absent: where Vault's volumes do. */
  readonly shares?: 'nfs' | 'block';
  readonly fsGroupChangePolicy?: string;
  readonly vaultVersion?: string;
  readonly token?: boolean;
  readonly leader?: string;
  /** When the world is built; absent: {@link BUILT}. */
  readonly builtAt?: number;
}

const NODES: readonly (readonly [string, string, string])[] = [
  ['k8s-master', '10.0.20.100', '10.10.235'],
  ['k8s-node1', '10.0.20.101', '10.10.36'],
  ['k8s-node2', '10.0.20.102', '10.10.107'],
  ['k8s-node3', '10.0.20.103', '10.10.169'],
  ['k8s-node4', '10.0.20.104', '10.10.122'],
];

/** Where the Vault pods run before anything happens. */
const PLACES: Readonly<Record<string, string>> = {
  'vault-0': 'k8s-node4',
  'vault-1': 'k8s-node3',
  'vault-2': 'k8s-node2',
};

const nodes = (seed: number): readonly Node[] =>
  NODES.map(([name, address, podNet]) => ({
    name,
    address,
    podNet,
    controlPlane: name === 'k8s-master',
    power: 'on',
    bootId: uuid(seed, 'boot', name),
    reportedBootId: uuid(seed, 'boot', name),
    systemUuid: uuid(seed, 'system', name),
    bootedAt: START - between(9, 40, seed, 'booted', name) * DAY - between(0, DAY, seed, name),
    boots: 0,
    kubelet: 'running',
    kubeletSince: BUILT,
    kubeletPid: between(800, 2_400, seed, 'kubelet', name),
    kubeletStart: 1_842,
    containerdPid: between(500, 790, seed, 'containerd', name),
    containerdStart: 1_204,
    unschedulable: false,
    nfs: {},
    processes: [],
    mounts: [],
    ghosts: [],
    strays: [],
  }));

const volumes = (seed: number, backend: 'nfs' | 'block'): readonly Volume[] =>
  VAULT_REPLICAS.flatMap((name) => claimsOf(name)).map((claim) => ({
    namespace: 'vault',
    claim,
    name: backend === 'nfs' ? `pvc-${uuid(seed, 'pv', claim)}` : `pvc-${uuid(seed, 'lv', claim)}`,
    backend,
    slowToChown: backend === 'nfs' && claim.startsWith('audit-'),
  }));

function vaultPod(name: string, { seed, fsGroupChangePolicy, leader }: Variant): Pod {
  const node = PLACES[name] ?? 'k8s-node1';
  const [, , podNet = '10.10.0'] = NODES.find(([it]) => it === node) ?? [];
  const active = name === (leader ?? 'vault-2');
  const createdAt = START - 6 * DAY - between(0, 7_200_000, seed, 'created', name);
  return {
    uid: uuid(seed, 'pod', name, 'first'),
    namespace: 'vault',
    name,
    node,
    ip: name === 'vault-2' ? '10.10.107.27' : `${podNet}.${between(4, 250, seed, 'ip', name)}`,
    createdAt,
    stage: 'running',
    since: createdAt + 9_000,
    owner: { kind: 'StatefulSet', name: 'vault' },
    labels: { ...vaultLabels(name), 'vault-active': String(active), 'vault-sealed': 'false' },
    containers: CONTAINERS,
    claims: claimsOf(name),
    fsGroup: 1000,
    ...(fsGroupChangePolicy === undefined ? {} : { fsGroupChangePolicy }),
    restarts: 0,
  };
}

function member(pod: Pod, leader: string, ip: string): Member {
  const log = { at: pod.since + 8_000, level: 'INFO' as const, text: 'core: vault is unsealed' };
  return {
    id: pod.name,
    podUid: pod.uid,
    health: 'working',
    sealed: false,
    role: pod.name === leader ? 'leader' : 'follower',
    term: 31,
    index: 2_475_732,
    ...(pod.name === leader ? { activeSince: START - 5 * DAY } : {}),
    activates: 'yes',
    audit: 'ok',
    knows: { id: leader, ip },
    unresolved: [],
    log: [log, { ...log, at: log.at + 40, text: 'core: entering standby mode' }],
  };
}

/** Gives a running pod its mounts, and one of Vault its processes. */
function inhabit(world: World, pod: Pod): World {
  const processes =
    pod.owner?.name === 'vault'
      ? (node: Node) =>
          vaultProcesses({ ...world, at: pod.since }, node, pod.uid).map((it) => ({
            ...it,
            startTicks: Math.max(it.startTicks, 6_000),
          }))
      : () => [];
  return changeNode(world, pod.node, (node) => ({
    ...node,
    processes: [...node.processes, ...processes(node)],
    mounts: [
      ...node.mounts,
      ...volumesOf(world, pod).map((it) => ({ podUid: pod.uid, volume: it.name })),
    ],
  }));
}

/** Builds the healthy world, at {@link BUILT}. */
export function reference(variant: Variant): World {
  const { seed, scenario } = variant;
  const leader = variant.leader ?? 'vault-2';
  const vaults = VAULT_REPLICAS.map((name) => vaultPod(name, variant));
  const leaderIp = vaults.find((pod) => pod.name === leader)?.ip ?? '';
  const { fsGroupChangePolicy } = variant;
  const all = nodes(seed);
  const empty: World = {
    format: 1,
    scenario,
    seed,
    at: variant.builtAt ?? BUILT,
    born: 1,
    timeline: [],
    api: 'up',
    token: variant.token ?? true,
    unseals: true,
    secrets: ['vault-unseal-key', 'vault-root-token'],
    vaultVersion: variant.vaultVersion ?? '1.18.1',
    nodes: all,
    pods: [...vaults, ...bystanders(seed, START), ...agentPods(seed, all, START)],
    volumes: [
      ...volumes(seed, variant.backend ?? 'nfs'),
      ...otherVolumes(seed, variant.shares ?? variant.backend ?? 'nfs'),
    ],
    template: {
      fsGroup: 1000,
      ...(fsGroupChangePolicy === undefined ? {} : { fsGroupChangePolicy }),
      generation: 4,
    },
    members: vaults.map((pod) => member(pod, leader, leaderIp)),
    vms: machines(seed, all),
    nfsServer: NFS_UP,
    workloads: otherWorkloads(seed),
    budgets: BUDGETS,
    events: [],
    plot: { strikes: [] },
    mutations: [],
    canaries: 0,
    dataLost: false,
    wrongSandbox: [],
    lapses: [],
    bothDown: false,
    killed: [],
  };
  return empty.pods.reduce(inhabit, empty);
}
