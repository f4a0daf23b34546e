import type { Pod } from '../kubectl/pod-object.ts';

/** In lower case, without what separates the groups: control groups write underscores, a config hash has none. */
const bare = (uid: string): string => uid.toLowerCase().replaceAll(/[-_]/g, '');

/**
 * Whether the API knows the pod that something on a node belongs to. The container runtime calls a static pod by the hash
 * of its file, which its mirror pod shows in an annotation: without it the control plane would look like an orphan
 * (COMMANDS C.3). `known` must be all pods of a healthy API server, read twice.
 */
export function orphanOf(podUid: string, known: readonly Pod[]): 'orphan' | 'known' {
  const uid = bare(podUid);
  // What has no UID cannot be looked for, and so is not proven to be nobody's.
  if (uid === '') return 'known';
  const is = (other: string | undefined): boolean => other !== undefined && bare(other) === uid;
  return known.some((pod) => is(pod.uid) || is(pod.configHash)) ? 'known' : 'orphan';
}
