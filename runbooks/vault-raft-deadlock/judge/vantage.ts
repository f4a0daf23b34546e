import type { Site } from '../../../src/runbook/site.ts';
import type { PodRef } from '../facts.ts';

/**
 * The node from which a pod's silence is measured: never its own, and rather one that carries another Vault pod, since the
 * pod network is known to have worked there (COMMANDS A.4, notes to L1). `undefined` where there is no other node.
 */
export function vantageOf(site: Site, pods: readonly PodRef[], pod: PodRef): string | undefined {
  const peers = nodesOf(pods).filter((n) => n !== pod.node);
  const others = site.nodes.map((n) => n.name).filter((n) => n !== pod.node);
  return peers[0] ?? others.at(-1);
}

/** The nodes that carry the pods, each once. */
export const nodesOf = (pods: readonly PodRef[]): readonly string[] =>
  [...new Set(pods.map((p) => p.node))].filter((n) => n !== '');
