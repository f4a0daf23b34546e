import type { Pod } from '../kubectl/pod-object.ts';

/** In lower case, without what separates the groups: control groups write underscores, a config hash has none. */
const bare = (uid: string): string => uid.toLowerCase().replaceAll(/[-_]/g, '');

/**
 * Whether a pod's UID is the hash of a static pod's file: 32 hexadecimal digits with nothing between them. Every UID that
 * the API gives out has its groups apart, also in a control group (COMMANDS C.3).
 */
export const isStatic = (podUid: string): boolean => /^[0-9a-f]{32}$/i.test(podUid);

/**
 * Whether the API knows the pod that something on a node belongs to. The container runtime calls a static pod by the hash
 * of its file, which its mirror pod shows in an annotation; while the kubelet has made no mirror pod, no list has that hash.
 * So a static pod is always known: else the control plane would look like an orphan (COMMANDS C.3). `known` must be all
 * pods of a healthy API server, read twice.
 */
export function orphanOf(podUid: string, known: readonly Pod[]): 'orphan' | 'known' {
  const uid = bare(podUid);
  // What has no UID cannot be looked for, and so is not proven to be nobody's.
  if (uid === '' || isStatic(podUid)) return 'known';
  const is = (other: string | undefined): boolean => other !== undefined && bare(other) === uid;
  return known.some((pod) => is(pod.uid) || is(pod.configHash)) ? 'known' : 'orphan';
}
