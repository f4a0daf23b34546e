import type { LabNode } from '../harness/lab-node.ts';
import type { LabNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { until } from '../harness/until.ts';
import { VaultMember } from '../harness/vault-member.ts';

/** A member of the raft, by its name: its pod is replaced, its disk and its address stay. */
export interface Member {
  readonly name: string;
  readonly node: LabNode;
  readonly vault: VaultMember;
}

/** The nodes of the cluster, the last of them without a member. */
export const NODES = ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'] as const;
const PODS = ['vault-0', 'vault-1', 'vault-2'] as const;

/** Lays out a member on each of the first three nodes, behind a proxy or not; none runs yet. */
export async function prepare(
  undo: Undo,
  lab: LabNodes,
  vault: string,
  proxied: boolean,
): Promise<readonly Member[]> {
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
      vault: await VaultMember.prepare(undo, node, { vault, name, address, peers, proxied }),
    })),
  );
}

/** Waits until all run, initialises the first, unseals it, and then each of the others once it has joined. */
export async function initialise(
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

/** Waits until all are voters, and well by autopilot's word. */
export async function voters(members: readonly Member[], rootToken: string): Promise<void> {
  await until('every member is a voter that is well', { seconds: 90, everyMs: 500 }, async () => {
    const path = 'sys/storage/raft/autopilot/state';
    const said = await (await leaderOf(members)).vault.get(path, rootToken);
    const { data } = (said?.body ?? {}) as {
      data?: { healthy: boolean; voters?: readonly string[] };
    };
    return data?.healthy === true && data.voters?.length === members.length;
  });
}

/** Unseals every member that is sealed. */
export async function unseal(members: readonly Member[], key: string): Promise<void> {
  for (const { name, vault } of members) {
    // oxlint-disable-next-line no-await-in-loop -- the first must lead before the others can join
    await until(`${name} is unsealed`, { seconds: 60, everyMs: 500 }, async () => {
      return (await vault.put('sys/unseal', { key }))?.body['sealed'] === false;
    });
  }
}

/** Who answers as the active node. */
export const leaderOf = (members: readonly Member[]): Promise<Member> =>
  until('somebody leads', { seconds: 90, everyMs: 250 }, async () => {
    const all = await Promise.all(members.map(({ vault }) => vault.get('sys/health')));
    return members.find((_, i) => all[i]?.code === 200);
  });
