import type { Observation } from '../../../src/runbook/observation.ts';
import type { Site } from '../../../src/runbook/site.ts';
import type { MountTry } from '../../../src/tools/nfs/probe.ts';
import type { Begun } from '../facts.ts';
import { readCanary } from './canary.ts';
import type { Canary } from './canary.ts';
import { lostPod } from './lost.ts';
import { allWaiting, standings } from './nodes.ts';
import type { Known } from './nodes.ts';
import { peers } from './peers.ts';
import { counted, few, isNfsFailure, path } from './pods.ts';
import { sayStandings } from './survey.ts';

/** The whole of it, in one look: what is well, and the first thing that is not. */
export type Whole =
  | { readonly is: 'well'; readonly because: string }
  | { readonly is: 'not-well'; readonly because: string };

const not = (because: string): Whole => ({ is: 'not-well', because });

/**
 * The end-to-end check of DOMAIN 2.1: the DaemonSet has what it wants, the driver is on every node, the controllers and the
 * speakers are ready, nobody waits for NFS, and no mount has failed since. `since` in milliseconds since 1970, UTC.
 */
export function readWhole(site: Site, it: Known, since: number, now: number): Whole {
  const all = standings(site, it, now);
  const ill = all.filter((s) => s.is !== 'registered' && s.is !== 'uncovered');
  if (ill.length > 0) return not(few(ill.map((s) => s.because)));
  if (it.set === undefined) return not(`there is no DaemonSet ${site.csi.daemonSet}`);
  if (it.set.ready < it.set.desired)
    return not(`${it.set.ready} of ${it.set.desired} pods of DaemonSet ${it.set.name} are ready`);
  const controllers = peers(site, 'controller', it, now);
  if (controllers.is !== 'well') return not(controllers.because);
  const speakers = peers(site, 'speaker', it, now);
  if (speakers.is !== 'well') return not(speakers.because);
  const waiting = allWaiting(it);
  if (waiting.length > 0)
    return not(
      `${counted(waiting.length, 'pod waits', 'pods wait')} for NFS: ${few(waiting.map(path))}`,
    );
  const failed = it.failed.filter((e) => {
    const pod = it.pods.find((p) => p.uid === e.podUid);
    const ours = pod !== undefined && isNfsFailure(e, pod, it.claims, it.volumes);
    return Date.parse(e.last) > since && (e.driver === site.csi.driver || ours);
  });
  if (failed.length > 0)
    return not(
      `mounts have failed since: ${few([...new Set(failed.map((e) => `${e.namespace}/${e.pod}`))])}`,
    );
  return {
    is: 'well',
    because: `${sayStandings(all)}; ${it.set.ready} of ${it.set.desired} pods of its DaemonSet are ready; nobody waits for NFS, and no mount has failed since`,
  };
}

/** What became of the pods that waited when the run began (DOMAIN 2.1, confirm 10: the list to verify by). */
export function sayBegun({ waiting }: Begun, it: Known): string {
  if (waiting.length === 0) return 'no pod waited when the run began';
  const still = it.pods.filter((p) => waiting.some((w) => w.uid === p.uid));
  const up = still.filter((p) => p.phase === 'Running').length;
  const others = waiting.length - still.length;
  const anew = others === 0 ? '' : `, and ${counted(others, 'was', 'were')} made anew`;
  return `of the ${counted(waiting.length, 'pod', 'pods')} that waited when the run began, ${counted(up, 'runs', 'run')}${anew}`;
}

/** Nothing of this incident is there at all: then nothing is done, and nothing is claimed. */
export const isQuiet = (site: Site, it: Known, now: number): boolean =>
  readWhole(site, it, now, now).is === 'well' &&
  lostPod(it.pods, it.claims, it.volumes) === undefined;

/** Test mounts on several nodes: the worst word, and whose it is. */
export function readMounts(mounts: Readonly<Record<string, Observation<MountTry>>>): {
  readonly is: Exclude<Canary['is'], 'untried'>;
  readonly because: string;
} {
  const words = Object.entries(mounts).map(([node, it]) => readCanary(node, it));
  for (const is of ['hangs', 'refused', 'again'] as const) {
    const no = words.find((w) => w.is === is);
    if (no !== undefined) return { is, because: no.because };
  }
  return {
    is: 'mounted',
    because:
      words.length === 0
        ? 'every node that was repaired has had its test mount'
        : words.map((w) => w.because).join('; '),
  };
}
