import type { BlastRadius } from '../../../src/runbook/step.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';

type Count = BlastRadius['counts'][number];

/** A set of pods that hold one thing together: voters of a raft, members of etcd, instances of a database. */
interface Membership {
  readonly what: string;
  readonly key: string;
}

/** Names of databases as charts write them into `app.kubernetes.io/name` or `app`. */
const DATABASE =
  /^(mysql|mariadb|percona|postgres|postgresql|cnpg|redis|valkey|mongodb|cassandra|etcd|clickhouse|cockroachdb|dolt|influxdb)\b/;

/**
 * What a pod is a member of, beyond being one of several replicas: etcd by its static pod's label (kubeadm: `component=etcd`),
 * a CloudNativePG cluster by its label (`cnpg.io/cluster`), another database by the name that its chart gives it.
 */
function membershipOf(pod: Pod, vaultPods: readonly string[]): Membership | undefined {
  const { labels } = pod;
  if (vaultPods.includes(pod.name) && pod.owner?.kind === 'StatefulSet') {
    return { what: 'Vault voter', key: `${pod.namespace}/${pod.owner.name}` };
  }
  if (pod.namespace === 'kube-system' && labels['component'] === 'etcd') {
    return { what: 'etcd member', key: 'kube-system/etcd' };
  }
  const cnpg = labels['cnpg.io/cluster'];
  if (cnpg !== undefined) return { what: 'database instance', key: `${pod.namespace}/${cnpg}` };
  const name = labels['app.kubernetes.io/name'] ?? labels['app'] ?? pod.owner?.name ?? '';
  return DATABASE.test(name)
    ? { what: 'database instance', key: `${pod.namespace}/${pod.owner?.name ?? name}` }
    : undefined;
}

/** Voters and members that are ready now, and after the node is gone, for each set that has one on it. */
export function memberships(
  node: string,
  pods: readonly Pod[],
  vaultPods: readonly string[],
): readonly Count[] {
  const members = pods.flatMap((pod) => {
    const it = membershipOf(pod, vaultPods);
    return it === undefined ? [] : [{ ...it, pod }];
  });
  const sets = Map.groupBy(members, (it) => it.key);
  const hit = [...sets].flatMap(([key, of]) => {
    const there = of.filter((it) => it.pod.node === node);
    const [first] = there;
    if (first === undefined) return [];
    const ready = of.filter((it) => it.pod.ready).length;
    const after = of.filter((it) => it.pod.ready && it.pod.node !== node).length;
    return [
      { what: first.what, count: there.length, name: `${key}: ${ready} ready now, ${after} after` },
    ];
  });
  const kinds = Map.groupBy(hit, (it) => it.what);
  return ['Vault voter', 'etcd member', 'database instance'].map((what) => {
    const mine = kinds.get(what) ?? [];
    return {
      what,
      many: `${what}s`,
      count: mine.reduce((sum, it) => sum + it.count, 0),
      names: mine.map((it) => it.name),
    };
  });
}
