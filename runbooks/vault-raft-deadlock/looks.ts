import type { Site } from '../../src/runbook/site.ts';
import { byName, fromElsewhere, ownWord, roll } from '../../src/guards/voters.ts';
import { nodesOf } from '../../src/guards/vantage.ts';
import { endpointsOf } from '../../src/tools/kubectl/endpoints.ts';
import { listPods } from '../../src/tools/kubectl/pods.ts';
import { getStatefulSet } from '../../src/tools/kubectl/statefulset.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { haStatus } from '../../src/tools/vault/proxy.ts';
import { canary } from '../../src/tools/vault/token.ts';
import type { PodRef } from '../../src/runbook/references.ts';

/** The pod through which a token is used: one that answered, and never the suspected leader (COMMANDS A.7). */
export const viaOf = (pods: readonly PodRef[], functional: readonly string[]): PodRef | undefined =>
  pods.find((p) => functional.includes(p.name));

/** One canary write, where the inventory names a token and a functional standby is there to take it. */
export const canaryVia = (site: Site, via: PodRef | undefined, mark: string) =>
  site.vault.token && via !== undefined ? canary(site, via, mark) : undefined;

/** Each pod's log file on its node. */
export const logsOf = (site: Site, pods: readonly PodRef[]) =>
  byName(pods, (pod) =>
    pod.node === '' ? undefined : podLogFile(pod.node, pod, site.vault.container),
  );

/** Everything the evidence rule weighs, in one look (COMMANDS A.4: L1 to L7). */
export const evidence = (
  site: Site,
  pods: readonly PodRef[],
  standbys: readonly string[],
  mark: string,
) => {
  const via = viaOf(pods, standbys);
  return {
    pods: listPods(site.cluster, site.vault.namespace, site.vault.selector),
    set: getStatefulSet(site.cluster, site.vault.namespace, site.vault.statefulSet),
    ...ownWord(site, pods),
    reach: byName(pods, (pod) => fromElsewhere(site, pods, pod)),
    logs: logsOf(site, pods),
    tasks: Object.fromEntries(nodesOf(pods).map((node) => [node, tasks(node)])),
    endpoints: endpointsOf(site.cluster, site.vault.namespace, site.vault.activeService),
    ha: via === undefined ? undefined : haStatus(site, via),
    clients: nfsClients(site),
    canary: canaryVia(site, via, mark),
  };
};

/** Everything needed to count voters (COMMANDS A.5). */
export const rollOf = (site: Site, pods: readonly PodRef[], standbys: readonly string[]) =>
  roll(site, pods, viaOf(pods, standbys));
