import type { Components, WorkloadPrograms } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { execThrough, startExecServer } from '../harness/exec-server.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { until } from '../harness/until.ts';
import { VaultMember } from '../harness/vault-member.ts';
import { PLAYED, startWorkloads } from '../harness/workloads.ts';
import { asObject, uidOf } from '../incident/as-stored.ts';
import { surroundings } from '../incident/objects.ts';
import { RIGHTS } from '../incident/rights.ts';
import { placed } from './objects.ts';
import { PodLife } from './pod-life.ts';
import { Registration } from './registration.ts';

/** A member of the raft, by its name: its pod is replaced, its disk and its address stay. */
export interface Member {
  readonly name: string;
  readonly node: LabNode;
  readonly vault: VaultMember;
}

/** Three real Vaults in one raft, as pods of a real StatefulSet behind the pod proxy of a real API server. */
export interface Raft {
  readonly plane: ControlPlane;
  readonly lab: LabNodes;
  readonly members: readonly Member[];
  readonly rootToken: string;
  /** Unseals every member that is sealed, and waits until one leads. */
  readonly unseal: () => Promise<void>;
  /** The member that leads now, by its own word; throws where nobody does within a minute and a half. */
  readonly leader: () => Promise<Member>;
  /** The UID that the pod of this member has now. */
  readonly uidOf: (member: Member) => Promise<string>;
  /** Waits until all three are voters that follow one leader, whose name their pods carry. */
  readonly settled: () => Promise<void>;
  /** Ends what is played of it. The rest ends with the undo. */
  readonly close: () => Promise<void>;
}

/** What a raft is built of. */
export interface RaftPrograms {
  readonly components: Components;
  readonly workloads: WorkloadPrograms;
  /** What answers `kubectl exec` (`kubeletExec`). */
  readonly kubeletExec: string;
  /** The path of Vault. */
  readonly vault: string;
}

/** What a token is good for only with it: to ask Vault in a pod. */
const TO_EXEC = { namespace: 'vault', resources: ['pods/exec'], verbs: ['create'] };

const NODES = ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'] as const;
const PODS = ['vault-0', 'vault-1', 'vault-2'] as const;

/** A raft whose members were started, and never initialised. */
export type Uninitialised = Pick<Raft, 'plane' | 'lab' | 'members'>;

/** What is to be otherwise. */
export interface RaftOptions {
  /** Sees the raft before it is initialised. */
  readonly before?: (raft: Uninitialised) => Promise<void>;
  /** The member that is initialised, and leads at first: the first when not said. */
  readonly leader?: (typeof PODS)[number];
}

/** Builds the cluster, initialises and unseals Vault, and waits until every member is a voter. */
export async function buildRaft(
  undo: Undo,
  programs: RaftPrograms,
  { before, leader: leads = PODS[0] }: RaftOptions = {},
): Promise<Raft> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components: programs.components, rights: [...RIGHTS, TO_EXEC] }),
    Network.open(undo),
  ]);
  const lab = await startNodes(undo, network, NODES);
  const members = await prepare(undo, lab, programs.vault);
  await startWorkloads(undo, plane, programs.workloads);
  const exec = await startExecServer(
    undo,
    plane,
    programs.kubeletExec,
    members.map(({ name, node, vault }) => ({
      namespace: 'vault',
      pod: name,
      container: 'vault',
      node,
      env: vault.clientEnv,
    })),
  );
  const nodes = await Promise.all(lab.nodes.map(asObject));
  await plane.apply([
    ...nodes.map((node) => played(execThrough(node, exec))),
    ...surroundings(),
    ...members.flatMap(({ name, node }) => placed(name, node.name)),
  ]);
  const life = PodLife.start(plane, members);
  await before?.({ plane, lab, members });
  const { key, rootToken } = await initialise(
    members.toSorted((a, b) => Number(b.name === leads) - Number(a.name === leads)),
  );
  life.unsealWith(key);
  const registration = Registration.start(plane, members);
  const leader = (): Promise<Member> => leaderOf(members);
  const raft: Raft = {
    plane,
    lab,
    members,
    rootToken,
    unseal: async () => {
      await unseal(members, key);
      await leader();
    },
    leader,
    uidOf: ({ name }) => uidOf(plane, `/api/v1/namespaces/vault/pods/${name}`),
    settled: async () => {
      await voters(members, rootToken);
      await registration.settled();
    },
    close: async () => {
      await Promise.all([life.close(), registration.close()]);
    },
  };
  await raft.settled();
  return raft;
}

/** Its kubelet, but for Vault's pods, is played by kwok. */
const played = (node: KubeObject): KubeObject => ({
  ...node,
  metadata: { ...node.metadata, annotations: PLAYED },
});

async function prepare(undo: Undo, lab: LabNodes, vault: string): Promise<readonly Member[]> {
  const places = await Promise.all(
    PODS.map(async (name, i) => {
      const node = lab.get(NODES[i] ?? '');
      return { name, node, address: await node.network.addPodAddress() };
    }),
  );
  const peers = places.map(({ address }) => address);
  return Promise.all(
    places.map(async ({ name, node, address }) => ({
      name,
      node,
      vault: await VaultMember.prepare(undo, node, { vault, name, address, peers }),
    })),
  );
}

/** Initialises the first, unseals it, and then each of the others once it has joined. */
async function initialise(
  members: readonly Member[],
): Promise<{ readonly key: string; readonly rootToken: string }> {
  await until('every member runs', { seconds: 120, everyMs: 500 }, async () => {
    const all = await Promise.all(members.map(({ vault }) => vault.get('sys/seal-status')));
    return all.every((it) => it !== undefined);
  });
  const [first] = members;
  const init = await first?.vault.put('sys/init', { secret_shares: 1, secret_threshold: 1 });
  const { keys_base64: [key] = [], root_token: rootToken } = (init?.body ?? {}) as {
    keys_base64?: readonly string[];
    root_token?: string;
  };
  if (rootToken === undefined || key === undefined)
    throw new Error(`Vault was not initialised: ${JSON.stringify(init)}`);
  await unseal(members, key);
  return { key, rootToken };
}

async function voters(members: readonly Member[], rootToken: string): Promise<void> {
  await until('every member is a voter that is well', { seconds: 90, everyMs: 500 }, async () => {
    const path = 'sys/storage/raft/autopilot/state';
    const said = await (await leaderOf(members)).vault.get(path, rootToken);
    const { data } = (said?.body ?? {}) as {
      data?: { healthy: boolean; voters?: readonly string[] };
    };
    return data?.healthy === true && data.voters?.length === members.length;
  });
}

async function unseal(members: readonly Member[], key: string): Promise<void> {
  for (const { name, vault } of members) {
    // oxlint-disable-next-line no-await-in-loop -- the first must lead before the others can join
    await until(`${name} is unsealed`, { seconds: 60, everyMs: 500 }, async () => {
      return (await vault.put('sys/unseal', { key }))?.body['sealed'] === false;
    });
  }
}

/** Who answers as the active node. */
const leaderOf = (members: readonly Member[]): Promise<Member> =>
  until('somebody leads', { seconds: 90, everyMs: 250 }, async () => {
    const all = await Promise.all(members.map(({ vault }) => vault.get('sys/health')));
    return members.find((_, i) => all[i]?.code === 200);
  });
