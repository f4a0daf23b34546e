import { podRefOf } from '../../../src/deeds/references.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { Claim, Volume } from '../../../src/tools/kubectl/claims.ts';
import type { Node } from '../../../src/tools/kubectl/nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { Remains } from '../../../src/tools/node/remains.ts';
import type { Lost } from '../facts.ts';
import { directoryOf, locksOf, mayBeOn, sayClient } from './locks.ts';
import { nfsVolumes, path } from './pods.ts';

const UNKNOWN = 'ContainerStatusUnknown';

const hasLostContainer = (pod: Pod): boolean =>
  pod.statusReason === UNKNOWN || pod.containers.some((c) => c.reason === UNKNOWN);

/** A pod of a StatefulSet whose container the kubelet lost: its successor waits for the name, or for its lock. */
export function lostPod(
  pods: readonly Pod[],
  claims: readonly Claim[],
  volumes: readonly Volume[],
): Lost | undefined {
  const pod = pods.find(
    (p) => hasLostContainer(p) && p.owner?.kind === 'StatefulSet' && p.node !== undefined,
  );
  return pod === undefined
    ? undefined
    : {
        pod: podRefOf(pod),
        volumes: nfsVolumes(pod, claims, volumes).map((v) => ({
          name: v.name,
          directory: directoryOf(v.nfsPath),
        })),
        atOnce: pod.phase === 'Failed' || pod.phase === 'Succeeded',
      };
}

/** Pods of other owners that are only remains: their owner has made others long since. */
export const litter = (pods: readonly Pod[]): readonly string[] =>
  pods.filter((p) => hasLostContainer(p) && p.owner?.kind !== 'StatefulSet').map(path);

/** What is looked at to prove that nothing of the pod runs any more. */
export interface LostLook {
  readonly pod: Observation<Pod | undefined>;
  readonly node: Observation<Node | undefined>;
  readonly kubelet: Observation<Kubelet>;
  readonly remains: Observation<Remains>;
  readonly clients: Observation<NfsClients> | undefined;
  readonly volumes: Observation<readonly Volume[]>;
}

export type Fenced =
  | { readonly is: 'gone'; readonly because: string }
  | { readonly is: 'dead'; readonly because: string }
  | { readonly is: 'alive'; readonly because: string }
  | { readonly is: 'blind'; readonly because: string };

const blind = (because: string): Fenced => ({ is: 'blind', because });

/**
 * The container may still run though the API says it is lost. Dead is only what has no process of that UID in any control
 * group of its node and no mount of an NFS volume left there (DOMAIN 2.0), seen by root on the right boot, with a kubelet that answers, and no lock on its volumes at the NFS
 * server (COMMANDS C.4, F): anything else would make two writers.
 */
export function readFence(site: Site, lost: Lost, seen: LostLook): Fenced {
  const { pod } = lost;
  if (!seen.pod.ok) return blind(`${pod.name} could not be read: ${seen.pod.says}`);
  if (seen.pod.value?.uid !== pod.uid) {
    return { is: 'gone', because: `the pod with uid ${pod.uid} is gone` };
  }
  if (!seen.remains.ok) return blind(`${pod.node} could not be looked at: ${seen.remains.says}`);
  if (!seen.remains.value.root) {
    return blind(`${pod.node} was not looked at as root: what was not seen proves nothing`);
  }
  if (!seen.node.ok) return blind(`node ${pod.node} could not be read: ${seen.node.says}`);
  const { bootId, processes } = seen.remains.value;
  if (seen.node.value?.bootID !== bootId) {
    return blind(
      `the machine reached as ${pod.node} has boot ID ${bootId}, the API knows ${seen.node.value?.bootID ?? 'no such node'}`,
    );
  }
  const [running] = processes;
  if (running !== undefined) {
    return {
      is: 'alive',
      because: `${running.comm} (pid ${running.pid}, state ${running.state}) of it still runs on ${pod.node}`,
    };
  }
  const answer = seen.kubelet.ok ? seen.kubelet.value.healthz : undefined;
  if (answer?.is !== 'status' || answer.status !== 200) {
    return blind(
      `the kubelet of ${pod.node} does not answer: ${seen.kubelet.ok ? (answer?.is ?? 'unknown') : seen.kubelet.says}`,
    );
  }
  const [mount] = seen.remains.value.mounts;
  if (mount !== undefined && lost.volumes.length > 0) {
    return {
      is: 'alive',
      because: `no process of uid ${pod.uid} runs on ${pod.node} any more, but its volume is still mounted there (${mount.path}): a pod that goes now leaves that mount behind, and it may hang the node's NFS client`,
    };
  }
  const none = `no process of uid ${pod.uid} is left on ${pod.node}, and its kubelet answers`;
  return lost.volumes.length === 0
    ? { is: 'dead', because: `${none}; it has no volume on NFS` }
    : unlocked(site, lost, seen, none);
}

/** Vault's own databases are nobody else's, whatever directory they show (COMMANDS fact 10). */
const VAULT_FILE = /(?:^|\/)(?:vault|raft)\.db$/;

function unlocked(site: Site, lost: Lost, seen: LostLook, none: string): Fenced {
  if (seen.clients?.ok !== true) {
    return blind(
      `${none}, but the NFS server's locks could not be read: ${seen.clients?.says ?? 'the inventory names no NFS host'}`,
    );
  }
  if (!seen.volumes.ok)
    return blind(`${none}, but the volumes could not be read: ${seen.volumes.says}`);
  const mine = lost.volumes.map((v) => v.directory);
  const others = seen.volumes.value
    .map((v) => directoryOf(v.nfsPath))
    .filter((d) => d !== '' && !mine.includes(d));
  const vaults = lost.pod.namespace === site.vault.namespace;
  const lock = locksOf(site, seen.clients.value).find(
    (l) =>
      (l.node === lost.pod.node || l.node === undefined) &&
      (vaults || !VAULT_FILE.test(l.filename)) &&
      mayBeOn(l, mine, others),
  );
  if (lock === undefined) {
    return {
      is: 'dead',
      because: `${none}; the NFS server knows no lock of that node on ${mine.join(', ')}`,
    };
  }
  const because = `${none}, but the NFS server knows a lock on ${lock.filename} of ${sayClient(lock)}`;
  return lock.node === undefined ? blind(because) : { is: 'alive', because };
}
