import type { Command } from '../../src/runbook/command.ts';
import type { Site } from '../../src/runbook/site.ts';
import { endpointsOf } from '../../src/tools/kubectl/endpoints.ts';
import { listPods } from '../../src/tools/kubectl/pods.ts';
import { getStatefulSet } from '../../src/tools/kubectl/statefulset.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { reach } from '../../src/tools/node/reach.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { health, leader } from '../../src/tools/vault/proxy.ts';
import { canary, raftConfiguration } from '../../src/tools/vault/token.ts';
import type { PodRef } from './facts.ts';
import { nodesOf, vantageOf } from './judge/vantage.ts';

const byName = <T>(
  pods: readonly PodRef[],
  make: (pod: PodRef) => Command<T> | undefined,
): Readonly<Record<string, Command<T>>> =>
  Object.fromEntries(
    pods.flatMap((pod) => {
      const command = make(pod);
      return command === undefined ? [] : [[pod.name, command]];
    }),
  );

/** Each pod's own word, through the API server's proxy: no kubelet and no token is needed (COMMANDS A.1). */
export const ownWord = (site: Site, pods: readonly PodRef[]) => ({
  health: byName(pods, (pod) => health(site, pod)),
  leader: byName(pods, (pod) => leader(site, pod)),
});

/** TCP and HTTP to one pod from a node other than its own; nothing where it has no address or no other node is known. */
export function fromElsewhere(site: Site, pods: readonly PodRef[], pod: PodRef) {
  const node = vantageOf(site, pods, pod);
  return node === undefined || pod.ip === ''
    ? undefined
    : reach(node, pod.ip, site.vault.port, '/v1/sys/health');
}

/** The pod through which a token is used: one that answered, and never the suspected leader (COMMANDS A.7). */
export const viaOf = (pods: readonly PodRef[], functional: readonly string[]): PodRef | undefined =>
  pods.find((p) => functional.includes(p.name));

/** One canary write, where the inventory names a token and a functional standby is there to take it. */
export const canaryVia = (site: Site, via: PodRef | undefined, mark: string) =>
  site.vault.token && via !== undefined ? canary(site, via, mark) : undefined;

/** Everything the evidence rule weighs, in one look (COMMANDS A.4: L1 to L7). */
export const evidence = (
  site: Site,
  pods: readonly PodRef[],
  standbys: readonly string[],
  mark: string,
) => ({
  pods: listPods(site.cluster, site.vault.namespace, site.vault.selector),
  ...ownWord(site, pods),
  reach: byName(pods, (pod) => fromElsewhere(site, pods, pod)),
  logs: byName(pods, (pod) =>
    pod.node === '' ? undefined : podLogFile(pod.node, pod, site.vault.container),
  ),
  tasks: Object.fromEntries(nodesOf(pods).map((node) => [node, tasks(node)])),
  endpoints: endpointsOf(site.cluster, site.vault.namespace, site.vault.activeService),
  clients: nfsClients(site),
  canary: canaryVia(site, viaOf(pods, standbys), mark),
});

/** Everything needed to count voters (COMMANDS A.5). */
export const roll = (site: Site, pods: readonly PodRef[], standbys: readonly string[]) => {
  const via = viaOf(pods, standbys);
  return {
    pods: listPods(site.cluster, site.vault.namespace, site.vault.selector),
    ...ownWord(site, pods),
    tasks: Object.fromEntries(nodesOf(pods).map((node) => [node, tasks(node)])),
    set: getStatefulSet(site.cluster, site.vault.namespace, site.vault.statefulSet),
    configuration: site.vault.token && via !== undefined ? raftConfiguration(site, via) : undefined,
  };
};
