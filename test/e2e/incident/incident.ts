import type { Components, WorkloadPrograms } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import type { KubeObject } from '../harness/kube-object.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import type { NodeTask } from '../harness/node-task.ts';
import { stickMountNfs } from '../harness/node-volumes.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { VaultStub } from '../harness/vault-stub.ts';
import { PLAYED, startWorkloads } from '../harness/workloads.ts';
import { Complaints } from './complaints.ts';
import { asObject } from './as-stored.ts';
import { placed, storageOf, surroundings, volumeOf } from './objects.ts';
import { RIGHTS } from './rights.ts';
import { boundPod, claimsBound, runs } from './vault-pods.ts';

/** A Vault pod: its object, its process and log on a node, and the fake Vault behind its address. */
export interface Member {
  readonly name: string;
  readonly uid: string;
  readonly node: LabNode;
  readonly pod: NodePod;
  readonly stub: VaultStub;
}

/** The incident of 22 April, standing. */
export interface Incident {
  readonly plane: ControlPlane;
  readonly network: Network;
  readonly lab: LabNodes;
  /** Hangs: opens TCP, sends nothing, and has a thread in D state. */
  readonly leader: Member;
  /** Answer, name the leader that hangs, and complain about it. */
  readonly standbys: readonly [Member, Member];
  /** The abandoned mount on the leader's node. */
  readonly stuckMount: NodeTask;
  /** A pod beside the leader with a thread in D state of its own: not to be touched. */
  readonly neighbour: NodePod;
  /** A worker without a Vault pod. */
  readonly spare: LabNode;
  /** Keeps the raft snapshots. */
  readonly backups: LabNode;
  readonly complaints: Complaints;
}

const WORKERS = ['k8s-node1', 'k8s-node2', 'k8s-node3', 'k8s-node4'] as const;
const PODS = ['vault-0', 'vault-1', 'vault-2'] as const;

/** The folder with raft snapshots on the host that keeps them. */
export const SNAPSHOTS = '/var/lib/backup/vault';

/** How Vault names a member. */
export const namedAs = ({ name, stub }: Pick<Member, 'name' | 'stub'>) => ({
  apiAddress: stub.apiAddress,
  clusterAddress: `https://${name}.vault-internal:8201`,
});

/** What may be otherwise than on that day. */
export interface Twists {
  /** A jump host of this name is the only way to the first node. */
  readonly bastion?: string;
  /** The clock of the second node is this far ahead, in milliseconds, and it has seen an election 90 minutes ago. */
  readonly ahead?: number;
}

/** Builds the cluster and breaks it; closing `undo` removes everything. */
export async function buildIncident(
  undo: Undo,
  components: Components,
  programs: WorkloadPrograms,
  { bastion, ahead }: Twists = {},
): Promise<Incident> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components, rights: RIGHTS }),
    Network.open(undo),
  ]);
  // What is otherwise is so on one node, and its pod must be there.
  const twisted = bastion !== undefined || ahead !== undefined;
  const names = [...(bastion === undefined ? [] : [bastion]), ...WORKERS, 'backups'];
  const machines = bastion === undefined ? {} : { [WORKERS[0]]: { behind: bastion } };
  const [lab] = await Promise.all([
    startNodes(undo, network, names, machines),
    startWorkloads(undo, plane, programs),
  ]);
  const workers = WORKERS.map((name) => lab.get(name));
  if (ahead !== undefined) await lab.get(WORKERS[1]).setClock(ahead);
  await plane.apply([
    ...PODS.flatMap((pod, i) => (twisted ? placed(pod, WORKERS[i] ?? '') : storageOf(pod))),
    ...(await Promise.all(workers.map(asObject))).map(played),
  ]);
  await claimsBound(plane, PODS);
  await plane.apply(surroundings());
  const [first, second, leader] = await Promise.all([
    addMember(plane, lab, PODS[0], false),
    addMember(plane, lab, PODS[1], false),
    addMember(plane, lab, PODS[2], true),
  ]);
  const standbys = [first, second] as const;
  const spare = workers.find((it) => ![first, second, leader].some(({ node }) => node === it));
  if (spare === undefined) throw new Error('every worker has a Vault pod');
  await hang(leader, standbys);
  if (ahead !== undefined) await remembersElection(second);
  const backups = lab.get('backups');
  await backups.write(`${SNAPSHOTS}/vault-raft-20260422.snap`, 'a snapshot');
  return {
    plane,
    network,
    lab,
    leader,
    standbys,
    stuckMount: await stickMountNfs(leader.node, {
      podUid: leader.uid,
      pv: volumeOf(leader.name),
    }),
    neighbour: await addNeighbour(leader.node),
    spare,
    backups,
    complaints: new Complaints(standbys, leader),
  };
}

/** A node whose pods kwok plays, but for those that are the suite's. */
const played = (node: KubeObject): KubeObject => ({
  ...node,
  metadata: { ...node.metadata, annotations: PLAYED },
});

async function addMember(
  plane: ControlPlane,
  lab: LabNodes,
  name: string,
  active: boolean,
): Promise<Member> {
  const bound = await boundPod(plane, name);
  const node = lab.get(bound.node);
  const ip = await node.network.addPodAddress();
  await runs(plane, name, ip, active);
  const { uid } = bound;
  const pod = await addPod(node, { uid, namespace: 'vault', name });
  await pod.log([`${new Date().toISOString()} [INFO]  core: entering standby mode`]);
  return { name, uid, node, pod, stub: await VaultStub.start(node, ip) };
}

/** S2 of COMMANDS A.4: the leader's process is silent and waits for NFS; no election follows, and its peers still name it. */
async function hang(leader: Member, standbys: readonly Member[]): Promise<void> {
  await leader.pod.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
  await leader.stub.become({ mode: 'silent' });
  for (const { stub } of standbys) {
    await stub.become({ mode: 'standby', leader: namedAs(leader), haStatus: 'hangs' });
  }
}

/** Its log has an election of 90 minutes ago, by its node's clock. */
async function remembersElection({ node, pod }: Member): Promise<void> {
  const at = new Date(node.now().getTime() - 90 * 60_000);
  await pod.log([`${at.toISOString()} [INFO]  storage.raft: election won: term=8 tally=2`], at);
}

/** A database beside the leader that waits for the same NFS server. */
async function addNeighbour(node: LabNode): Promise<NodePod> {
  const uid = '5a5a5a5a-1111-4222-8333-444455556666';
  const pod = await addPod(node, { uid, namespace: 'dbaas', name: 'mysql-0', container: 'mysqld' });
  await pod.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
  return pod;
}
