import type { Components, WorkloadPrograms } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import { execThrough, startExecServer } from '../harness/exec-server.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import { Network } from '../harness/network.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { PLAYED, startWorkloads } from '../harness/workloads.ts';
import { asObject, uidOf } from '../incident/as-stored.ts';
import { placed, surroundings } from '../incident/objects.ts';
import { RIGHTS } from '../incident/rights.ts';
import { claimsBound } from '../incident/vault-pods.ts';
import { initialise, leaderOf, type Member, NODES, prepare, unseal, voters } from './members.ts';
import { PodLife } from './pod-life.ts';
import { Registration } from './registration.ts';

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

/** Builds the cluster, initialises and unseals Vault, and waits until every member is a voter. */
export async function buildRaft(undo: Undo, programs: RaftPrograms): Promise<Raft> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components: programs.components, rights: [...RIGHTS, TO_EXEC] }),
    Network.open(undo),
  ]);
  const lab = await startNodes(undo, network, NODES);
  const members = await prepare(undo, lab, programs.vault, true);
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
    // The disk of a member is on its node.
    ...members.flatMap(({ name, node }) => placed(name, node.name)),
  ]);
  await claimsBound(
    plane,
    members.map(({ name }) => name),
  );
  await plane.apply(surroundings());
  const life = PodLife.start(plane, members);
  const { key, rootToken } = await initialise(members);
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
