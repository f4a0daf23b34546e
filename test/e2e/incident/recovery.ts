import { setTimeout as sleep } from 'node:timers/promises';
import { PodKubelet } from '../harness/pod-kubelet.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import { until } from '../harness/until.ts';
import { VaultStub } from '../harness/vault-stub.ts';
import { type Incident, type Member, namedAs } from './incident.ts';
import { boundPod, labelled, runs } from './vault-pods.ts';

/** How long the kubelet of the old node takes to notice that its mount is over, and then to unmount what the pod had. */
const NOTICE_MS = 4000;
const UNMOUNT_MS = 10_000;

/** The pod that came back, and the UID of the one that went. */
export interface Recovered {
  readonly removedUid: string;
  readonly createdUid: string;
  readonly pod: NodePod;
  readonly stub: VaultStub;
}

/**
 * What of the recovery is a kubelet's or Vault's, played by the suite under a user of its own: once nothing holds the old pod, the
 * kubelet ends its process, the standbys elect, and when the kubelet has unmounted, the pod goes. That it comes anew is not ours.
 */
export async function clusterRecovers(incident: Incident): Promise<Recovered> {
  const { leader, standbys, stuckMount, complaints } = incident;
  await until('nothing holds the old pod', { seconds: 10 }, async () => {
    return !(await stuckMount.isThere());
  });
  await sleep(NOTICE_MS);
  await Promise.all([leader.pod.remove(), leader.stub.stop(), complaints.stop()]);
  await elect(incident, standbys[0], standbys[1]);
  await sleep(UNMOUNT_MS);
  return replace(incident, standbys[0]);
}

/** A standby wins the election that the end of the old leader makes possible. */
async function elect(incident: Incident, winner: Member, voter: Member): Promise<void> {
  await winner.pod.log([
    line(`storage.raft: entering candidate state: node="Node at ${winner.name} [Candidate]"`),
    line('storage.raft: election won: term=10 tally=2'),
    line('storage.raft: entering leader state'),
    line('core: acquired lock, enabling active operation'),
    line('core: post-unseal setup complete'),
  ]);
  await winner.stub.become({ mode: 'active', leader: namedAs(winner) });
  await voter.stub.become({ leader: namedAs(winner), haStatus: 'answers' });
  await labelled(incident.plane, winner.name, true);
}

/** The kubelet's last word on the old pod; the real controller and scheduler make the new one, which comes up as a standby. */
async function replace(incident: Incident, active: Member): Promise<Recovered> {
  const { plane, leader, lab } = incident;
  const ref = { namespace: 'vault', name: leader.name };
  const removedUid = await new PodKubelet(plane.controllersApi).remove(ref);
  const { uid, node: name } = await boundPod(plane, leader.name, removedUid);
  const node = lab.get(name);
  const stub = await VaultStub.start(node, await node.network.addPodAddress());
  await stub.become({ mode: 'standby', leader: namedAs(active) });
  await runs(plane, leader.name, stub.address, false);
  const pod = await addPod(node, { uid, ...ref });
  await pod.log([line('core: vault is unsealed'), line('core: entering standby mode')]);
  return { removedUid, createdUid: uid, pod, stub };
}

const line = (text: string): string => `${new Date().toISOString()} [INFO]  ${text}`;
