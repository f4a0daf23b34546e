import type { Components } from '../harness/components.ts';
import { type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import type { NodeTask } from '../harness/node-task.ts';
import { stickMountNfs } from '../harness/node-volumes.ts';
import { type LabNodes, startNodes } from '../harness/nodes.ts';
import type { Undo } from '../harness/undo.ts';
import { VaultStub } from '../harness/vault-stub.ts';
import { Complaints } from './complaints.ts';
import { asObject, uidOf } from './as-stored.ts';
import {
  activeEndpoints,
  leaseObject,
  podObject,
  storageOf,
  surroundings,
  volumeOf,
} from './objects.ts';
import { RIGHTS } from './rights.ts';

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
  /** Carries no Vault pod. */
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

/** Builds the cluster and breaks it; closing `undo` removes everything. */
export async function buildIncident(undo: Undo, components: Components): Promise<Incident> {
  const [plane, network] = await Promise.all([
    startControlPlane(undo, { components, rights: RIGHTS }),
    Network.open(undo),
  ]);
  const lab = await startNodes(undo, network, [...WORKERS, 'backups']);
  const workers = WORKERS.map((name) => lab.get(name));
  await plane.apply([
    ...surroundings(),
    ...PODS.flatMap(storageOf),
    ...(await Promise.all(workers.map(asObject))),
    ...WORKERS.map(leaseObject),
  ]);
  const owner = await uidOf(plane, '/apis/apps/v1/namespaces/vault/statefulsets/vault');
  const member = async (index: 0 | 1 | 2): Promise<Member> => {
    const node = lab.get(WORKERS[index]);
    return addMember(plane, node, PODS[index], owner, index === 2);
  };
  const [first, second, leader] = await Promise.all([member(0), member(1), member(2)]);
  await plane.apply([activeEndpoints(leader.name, leader.stub.address, leader.uid)]);
  const standbys = [first, second] as const;
  await hang(leader, standbys);
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
    spare: lab.get(WORKERS[3]),
    backups,
    complaints: new Complaints(standbys, leader),
  };
}

async function addMember(
  plane: ControlPlane,
  node: LabNode,
  name: string,
  owner: string,
  active: boolean,
): Promise<Member> {
  const ip = await node.network.addPodAddress();
  await plane.apply([podObject({ name, node: node.name, ip, active }, owner)]);
  const uid = await uidOf(plane, `/api/v1/namespaces/vault/pods/${name}`);
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

/** A database beside the leader that waits for the same NFS server. */
async function addNeighbour(node: LabNode): Promise<NodePod> {
  const uid = '5a5a5a5a-1111-4222-8333-444455556666';
  const pod = await addPod(node, { uid, namespace: 'dbaas', name: 'mysql-0', container: 'mysqld' });
  await pod.stick({ wchan: 'rpc_wait_bit_killable', killable: true });
  return pod;
}
