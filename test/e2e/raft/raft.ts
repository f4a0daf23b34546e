import type { ControlPlane } from '../harness/control-plane.ts';
import { startControlPlane } from '../harness/control-plane.ts';
import type { Components } from '../harness/components.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { until } from '../harness/until.ts';
import { VaultMember } from '../harness/vault-member.ts';
import { asObject, uidOf } from '../incident/as-stored.ts';
import {
  activeEndpoints,
  leaseObject,
  podObject,
  storageOf,
  surroundings,
  vaultLabels,
} from '../incident/objects.ts';
import { RIGHTS } from '../incident/rights.ts';

/** A member as the cluster has it. */
export interface Member {
  readonly name: string;
  readonly uid: string;
  readonly node: LabNode;
  readonly vault: VaultMember;
}

/** Three real Vaults in one raft, behind the pod proxy of a real API server. */
export interface Raft {
  readonly plane: ControlPlane;
  readonly lab: LabNodes;
  readonly members: readonly Member[];
  readonly rootToken: string;
  /** Unseals every member that is sealed, and waits until one leads. */
  readonly unseal: () => Promise<void>;
  /** The member that leads now, by what its peers say; throws where nobody does within half a minute. */
  readonly leader: () => Promise<Member>;
}

const NODES = ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'] as const;
const PODS = ['vault-0', 'vault-1', 'vault-2'] as const;

/** Builds the cluster, initialises and unseals Vault, and waits until every member is a voter. */
export async function buildRaft(undo: Undo, components: Components, vault: string): Promise<Raft> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components, rights: RIGHTS }),
    Network.open(undo),
  ]);
  const lab = await startNodes(undo, network, NODES);
  await plane.apply([
    ...surroundings(),
    ...PODS.flatMap(storageOf),
    ...(await Promise.all(lab.nodes.map(asObject))),
    ...NODES.map(leaseObject),
  ]);
  const set = await uidOf(plane, '/apis/apps/v1/namespaces/vault/statefulsets/vault');
  const places = await Promise.all(
    PODS.map(async (name, i) => {
      const node = lab.get(NODES[i] ?? '');
      return { name, node, address: await node.network.addPodAddress() };
    }),
  );
  const peers = places.map(({ address }) => address);
  const members = await Promise.all(
    places.map(async ({ name, node, address }): Promise<Member> => {
      await plane.apply([podObject({ name, node: node.name, ip: address, active: false }, set)]);
      const uid = await uidOf(plane, `/api/v1/namespaces/vault/pods/${name}`);
      const spec = { vault, name, podUid: uid, address, peers };
      return { name, uid, node, vault: await VaultMember.start(undo, node, spec) };
    }),
  );
  const { key, rootToken } = await initialise(members);
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
  };
  await label(raft, await leader());
  return raft;
}

/** Initialises the first, unseals it, and then each of the others once it has joined. */
async function initialise(
  members: readonly Member[],
): Promise<{ readonly key: string; readonly rootToken: string }> {
  const [first] = members;
  const init = await first?.vault.put('sys/init', { secret_shares: 1, secret_threshold: 1 });
  const { keys_base64: [key] = [], root_token: rootToken } = (init?.body ?? {}) as {
    keys_base64?: readonly string[];
    root_token?: string;
  };
  if (rootToken === undefined || key === undefined)
    throw new Error(`Vault was not initialised: ${JSON.stringify(init)}`);
  await unseal(members, key);
  await until('every member is a voter', { seconds: 60, everyMs: 500 }, async () => {
    const said = await first?.vault.get('sys/storage/raft/configuration', rootToken);
    const { data } = (said?.body ?? {}) as { data?: { config: { servers: { voter: boolean }[] } } };
    const servers = data?.config.servers ?? [];
    return servers.length === members.length && servers.every(({ voter }) => voter);
  });
  return { key, rootToken };
}

async function unseal(members: readonly Member[], key: string): Promise<void> {
  for (const { name, vault } of members) {
    // oxlint-disable-next-line no-await-in-loop -- the first must lead before the others can join
    await until(`${name} is unsealed`, { seconds: 60, everyMs: 500 }, async () => {
      return (await vault.put('sys/unseal', { key }))?.body['sealed'] === false;
    });
  }
}

/** Whom a member that answers calls the leader, where that one answers as the active node. */
const leaderOf = (members: readonly Member[]): Promise<Member> =>
  until('somebody leads', { seconds: 30, everyMs: 250 }, async () => {
    for (const member of members) {
      // oxlint-disable-next-line no-await-in-loop -- the first that answers is enough
      if ((await member.vault.get('sys/health'))?.code === 200) return member;
    }
    return undefined;
  });

/** What Vault's own registration in Kubernetes keeps: who is active, on its pod and behind the Service. */
export async function label(raft: Pick<Raft, 'plane' | 'members'>, active: Member): Promise<void> {
  const { plane, members } = raft;
  for (const { name } of members) {
    // oxlint-disable-next-line no-await-in-loop -- three small requests
    await plane.controllersApi.call(`/api/v1/namespaces/vault/pods/${name}`, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels: vaultLabels(name === active.name) } },
    });
  }
  await plane.apply([activeEndpoints(active.name, active.vault.address, active.uid)]);
}
