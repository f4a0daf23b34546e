import { setTimeout as sleep } from 'node:timers/promises';
import { Controllers, type Finalised } from '../harness/controllers.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import { until } from '../harness/until.ts';
import { VaultStub } from '../harness/vault-stub.ts';
import { type Incident, type Member, namedAs } from './incident.ts';
import { activeEndpoints, vaultLabels } from './objects.ts';

/** How long the kubelet of the old node takes to notice that its mount is over, and then to unmount what the pod had. */
const NOTICE_MS = 4000;
const UNMOUNT_MS = 10_000;

/** The pod that came back. */
export interface Recovered extends Finalised {
  readonly pod: NodePod;
  readonly stub: VaultStub;
}

/**
 * The cluster's own part in the recovery, played by the suite under users of its own: once nothing holds the old pod, the
 * kubelet ends its process, the standbys elect, and when the kubelet has unmounted, the pod goes and comes anew elsewhere.
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
  await labelled(incident, winner.name, true);
  await incident.plane.apply([activeEndpoints(winner.name, winner.stub.address, winner.uid)]);
}

/** The kubelet's last word on the old pod, and the StatefulSet controller's new one, which comes up as a standby. */
async function replace(incident: Incident, active: Member): Promise<Recovered> {
  const { plane, leader, spare } = incident;
  const ref = { namespace: 'vault', name: leader.name };
  const stub = await VaultStub.start(spare, await spare.network.addPodAddress());
  await stub.become({ mode: 'standby', leader: namedAs(active) });
  const as = { podIp: stub.address, nodeName: spare.name };
  const finalised = await new Controllers(plane.controllersApi).finalise(ref, as);
  await labelled(incident, leader.name, false);
  const pod = await addPod(spare, { uid: finalised.createdUid, ...ref });
  await pod.log([line('core: vault is unsealed'), line('core: entering standby mode')]);
  return { ...finalised, pod, stub };
}

/** Vault labels its own pod. */
async function labelled({ plane }: Incident, pod: string, active: boolean): Promise<void> {
  await plane.controllersApi.call(`/api/v1/namespaces/vault/pods/${pod}`, {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: vaultLabels(active) } },
  });
}

const line = (text: string): string => `${new Date().toISOString()} [INFO]  ${text}`;
