import type { CaseId } from '../../recordings/cases.ts';
import { KUBERNETES_READS } from '../../recordings/cases/kubernetes-reads.ts';
import { KUBERNETES_WRITES } from '../../recordings/cases/kubernetes-writes.ts';
import { components, vault } from '../harness/components.ts';
import { Undo } from '../harness/undo.ts';
import { uidOf } from '../incident/as-stored.ts';
import { buildRecordedRaft, type Uninitialised } from './raft.ts';
import { apiGone } from './api-gone.ts';
import { Cluster } from './cluster.ts';
import { beside, MORE_RIGHTS, replicaSet, vaultBudget } from './objects.ts';
import type { Recorder } from './recorder.ts';
import { vaultStates } from './vault-states.ts';
import { clusterVersions, machineVersions, vaultVersion } from './versions.ts';

/** Records what kubectl, an API server and Vaults answer; starts them, and stops them again. */
export async function recordCluster(recorder: Recorder): Promise<void> {
  const undo = new Undo();
  try {
    const built = await components();
    const clusterOf = async (parts: Uninitialised): Promise<Cluster> => {
      const versions = {
        ...(await machineVersions()),
        ...(await vaultVersion(parts)),
        ...(await clusterVersions(built, parts.plane)),
      };
      return new Cluster(parts, built, versions, recorder);
    };
    const raft = await buildRecordedRaft(undo, built, await vault(), {
      before: async (parts) => (await clusterOf(parts)).askAll(UNINITIALISED),
      leader: 'vault-2',
    });
    const cluster = await clusterOf(raft);
    await furnish(cluster);
    await cluster.askAll(idsOf(KUBERNETES_READS));
    await cluster.ask('kubectl/exec-no-kubelet', {}, cluster.here(raft.rootToken));
    await vaultStates(cluster, raft);
    for (const id of idsOf(KUBERNETES_WRITES)) {
      // An eviction of another UID is held to the budget first, and uses it up.
      if (id === 'kube-apiserver/evict-other-uid') await raft.plane.apply([vaultBudget]);
      await cluster.ask(id);
    }
    await apiGone(undo, cluster);
  } finally {
    await undo.close();
  }
}

const UNINITIALISED: readonly CaseId[] = [
  'vault/health-uninitialised',
  'vault/leader-uninitialised',
  'vault/ha-status-uninitialised',
];

const idsOf = (cases: typeof KUBERNETES_READS | typeof KUBERNETES_WRITES): readonly CaseId[] =>
  Object.keys(cases).map((name) => `kube-apiserver/${name}` as CaseId);

/** Gives the cluster everything else that is asked for. */
async function furnish({ plane, lab }: Cluster): Promise<void> {
  await plane.grant(MORE_RIGHTS);
  const nodes = lab.nodes.map(({ name }) => name);
  await plane.apply(beside(nodes, await uidOf(plane, '/api/v1/namespaces/vault/pods/vault-2')));
  const owner = await uidOf(plane, '/apis/apps/v1/namespaces/apps/deployments/web');
  await plane.apply([replicaSet(owner)]);
}
