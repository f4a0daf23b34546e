import { setTimeout as sleep } from 'node:timers/promises';
import { Controllers, type Finalised } from '../harness/controllers.ts';
import { addPod, type NodePod } from '../harness/node-pods.ts';
import { until } from '../harness/until.ts';
import { VaultStub } from '../harness/vault-stub.ts';
import { type Incident, type Member, namedAs } from './incident.ts';
import { activeEndpoints, vaultLabels } from './objects.ts';

/** How long the kubelet of the old node takes to notice that its mount is over. */
const KUBELET_MS = 4000;

/** What came back. */
export interface Recovered extends Finalised {
  readonly pod: NodePod;
  readonly stub: VaultStub;
}

/**
 * The cluster's own part in the recovery, played by the suite under a user of its own: once nothing holds the old pod any
 * more, the kubelet ends it, the StatefulSet controller makes it anew on the spare node, Vault elects, and labels follow.
 */
export async function clusterRecovers(incident: Incident): Promise<Recovered> {
  const { plane, leader, standbys, stuckMount, spare, complaints } = incident;
  const [first, second] = standbys;
  const controllers = new Controllers(plane.controllersApi);
  const ref = { namespace: 'vault', name: leader.name };
  await until('nothing holds the old pod', { seconds: 10 }, async () => {
    return !(await stuckMount.isThere());
  });
  await sleep(KUBELET_MS);
  const address = await spare.network.addPodAddress();
  const stub = await VaultStub.start(spare, address);
  await complaints.stop();
  await Promise.all([leader.pod.remove(), leader.stub.stop()]);
  const finalised = await controllers.finalise(ref, { podIp: address, nodeName: spare.name });
  await labelled(incident, leader.name, false);
  const pod = await addPod(spare, { uid: finalised.createdUid, ...ref });
  await elect(incident, first);
  await second.stub.become({ leader: namedAs(first), haStatus: 'answers' });
  await stub.become({ mode: 'standby', leader: namedAs(first) });
  await pod.log([line('core: vault is unsealed'), line('core: entering standby mode')]);
  return { ...finalised, pod, stub };
}

/** A standby wins the election that the end of the old leader makes possible. */
async function elect(incident: Incident, winner: Member): Promise<void> {
  await winner.pod.log([
    line(`storage.raft: entering candidate state: node="Node at ${winner.name} [Candidate]"`),
    line('storage.raft: election won: term=10 tally=2'),
    line('storage.raft: entering leader state'),
    line('core: acquired lock, enabling active operation'),
    line('core: post-unseal setup complete'),
  ]);
  await winner.stub.become({ mode: 'active', leader: namedAs(winner) });
  await labelled(incident, winner.name, true);
  await incident.plane.apply([activeEndpoints(winner.name, winner.stub.address, winner.uid)]);
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
