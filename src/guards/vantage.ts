import type { Site } from '../runbook/site.ts';

/** A pod as it was seen, with what it takes to reach it. Node and address are empty where it has none. */
export interface Placed {
  readonly name: string;
  readonly node: string;
  readonly ip: string;
}

/**
 * The node from which a pod's silence is measured: never its own, and rather one that carries another Vault pod, since the
 * pod network is known to have worked there (COMMANDS A.4, notes to L1). `undefined` where there is no other node.
 */
export function vantageOf(site: Site, pods: readonly Placed[], pod: Placed): string | undefined {
  const peers = nodesOf(pods).filter((n) => n !== pod.node);
  const others = site.nodes.map((n) => n.name).filter((n) => n !== pod.node);
  return peers[0] ?? others.at(-1);
}

/** The nodes that carry the pods, each once. */
export const nodesOf = (pods: readonly Placed[]): readonly string[] =>
  [...new Set(pods.map((p) => p.node))].filter((n) => n !== '');
