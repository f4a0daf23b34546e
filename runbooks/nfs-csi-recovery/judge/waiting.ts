import type { Site } from '../../../src/runbook/site.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import { allWaiting, standings } from './nodes.ts';
import type { Known } from './nodes.ts';
import { counted, few, isAbout, isNfsFailure, path } from './pods.ts';
import { hanging, missingDirectories } from './survey.ts';

/** How the pods that wait for NFS fare while kubelet tries again by itself (DOMAIN 2.1, A7). */
export type Waiting =
  | { readonly is: 'none'; readonly because: string }
  | { readonly is: 'some'; readonly pods: readonly Pod[]; readonly because: string }
  | { readonly is: 'hanging'; readonly node: string; readonly because: string }
  | {
      readonly is: 'no-entry';
      readonly remarks: readonly string[];
      readonly because: string;
    };

/** Kubelet gets this long before anything is restarted, in milliseconds (DOMAIN 2.1, A7). */
export const PATIENCE_MS = 5 * 60_000;

export function readWaiting(site: Site, it: Known, now: number): Waiting {
  const hang = hanging(site, it, now);
  if (hang !== undefined) return hang;
  const waiting = allWaiting(it);
  const missing = missingDirectories(site, it, now);
  const hopeless = new Set(missing.map((m) => m.pod));
  const others = waiting.filter((p) => !hopeless.has(path(p)));
  if (others.length > 0) {
    return {
      is: 'some',
      pods: others,
      because: `${counted(others.length, 'pod waits', 'pods wait')} for NFS: ${few(others.map((p) => `${path(p)} on ${p.node ?? '?'}`))}`,
    };
  }
  return missing.length > 0
    ? {
        is: 'no-entry',
        remarks: missing.map((m) => `${m.pod}: ${m.message}`),
        because: `the server has no such directory for ${few([...hopeless])}`,
      }
    : { is: 'none', because: 'no pod waits for NFS' };
}

/**
 * Whether the kubelet says of a pod that it waits for something that is not on NFS: deleting it helps nobody. No event at all
 * proves nothing, since the API server forgets them after an hour (COMMANDS C.2).
 */
function waitsForOther(it: Known, pod: Pod): boolean {
  const said = it.failed.filter((event) => isAbout(event, pod));
  return said.length > 0 && !said.some((e) => isNfsFailure(e, pod, it.claims, it.volumes));
}

/** The one that is restarted next, and why the others are not. */
export interface Laggards {
  readonly next: Pod | undefined;
  readonly because: string;
}

/**
 * A laggard has waited for longer than kubelet gets, on a node where the driver is registered, and has an owner that makes
 * it again: nothing of it runs, so that a graceful deletion ends no process. Where events name volumes, one of
 * them must be on NFS, and not a ConfigMap. A pod without an owner is a person's.
 */
export function readLaggards(site: Site, it: Known, now: number): Laggards {
  const served = new Set(
    standings(site, it, now).flatMap((s) => (s.is === 'registered' ? [s.node] : [])),
  );
  const missing = new Set(missingDirectories(site, it, now).map((m) => m.pod));
  const late = allWaiting(it).filter(
    (p) =>
      now - Date.parse(p.createdAt) >= PATIENCE_MS &&
      served.has(p.node ?? '') &&
      !missing.has(path(p)),
  );
  const owned = late
    .filter((p) => p.owner !== undefined && !p.mirror && !waitsForOther(it, p))
    .toSorted((a, b) => (path(a) < path(b) ? -1 : 1));
  const bare = late.filter((p) => p.owner === undefined || p.mirror).map(path);
  const other = late
    .filter((p) => p.owner !== undefined && !p.mirror && waitsForOther(it, p))
    .map(path);
  const left = [
    bare.length === 0 ? '' : `; without an owner, and left alone: ${few(bare)}`,
    other.length === 0
      ? ''
      : `; waiting for another volume by their events, and left alone: ${few(other)}`,
  ].join('');
  const [next] = owned;
  return {
    next,
    because:
      next === undefined
        ? `no pod with an owner has waited for NFS for longer than ${PATIENCE_MS / 60_000} min${left}`
        : `${counted(owned.length, 'pod still waits', 'pods still wait')} after ${PATIENCE_MS / 60_000} min; next is ${path(next)} on ${next.node ?? '?'}${left}`,
  };
}
