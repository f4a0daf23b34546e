import type { Site } from '../../../src/runbook/site.ts';
import type { FailedMount } from '../../../src/tools/kubectl/events.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { Patient } from '../facts.ts';
import { allWaiting, standings } from './nodes.ts';
import type { Known, Standing } from './nodes.ts';
import { CONTROL_PLANE, counted, few, isAbout, isNfsFailure, patientOf, path } from './pods.ts';

/** Where the repair goes next, as far as nodes are concerned. */
export type Survey =
  | { readonly is: 'covered'; readonly because: string }
  | { readonly is: 'coming'; readonly because: string }
  | { readonly is: 'absent'; readonly because: string }
  | { readonly is: 'down'; readonly standing: Standing; readonly because: string }
  | {
      readonly is: 'cut-off';
      readonly standing: Standing;
      readonly agent: Pod;
      readonly because: string;
    }
  /** A node without any network pod: there is none to delete. */
  | { readonly is: 'no-agent'; readonly because: string }
  /** Whether the network is well cannot be said: nothing answers to its selector. */
  | { readonly is: 'no-network'; readonly because: string }
  | { readonly is: 'ill'; readonly patient: Patient; readonly because: string }
  | { readonly is: 'hanging'; readonly node: string; readonly because: string };

/** Kubelet gives a mount two minutes: what failed earlier than this after the driver came was begun without it. */
const BEGUN_BEFORE_MS = 130_000;
/** An event older than this says nothing about now: kubelet tries again within two minutes or so. */
const STALE_MS = 5 * 60_000;

/** What is touched late: what carries the first among equals, and a control plane after that. */
const lateness = ({ carries }: Standing): number =>
  carries.includes(CONTROL_PLANE) ? 2 : Math.min(1, carries.length);

const byUrgency = (a: Standing, b: Standing): number =>
  lateness(a) - lateness(b) || b.waiting.length - a.waiting.length || (a.node < b.node ? -1 : 1);

/**
 * Picks the next node: one that is not Ready first, since nothing else may be touched while it is; then one whose network is
 * missing; then the worst-affected of those that carry nothing critical; then the critical ones (DOMAIN 2.1, actions). That
 * more than half of the nodes fail is normal here.
 */
export function survey(site: Site, it: Known, now: number): Survey {
  const all = standings(site, it, now);
  const said = sayStandings(all);
  const of = (is: Standing['is']): readonly Standing[] =>
    all.filter((s) => s.is === is).toSorted(byUrgency);
  const [down] = of('down');
  if (down !== undefined)
    return { is: 'down', standing: down, because: `${down.because}; ${said}` };
  const cut = of('cut-off');
  const [sick] = cut.flatMap((s) =>
    s.agent === undefined ? [] : [{ standing: s, agent: s.agent }],
  );
  if (sick !== undefined) return { is: 'cut-off', ...sick, because: sick.standing.because };
  if (cut[0] !== undefined) return { is: 'no-agent', because: cut[0].because };
  const coming = of('coming');
  if (coming.length > 0) {
    return { is: 'coming', because: `${few(coming.map((s) => s.because))}: still young` };
  }
  const [ill] = of('ill');
  if (ill !== undefined && it.agents.length === 0) {
    const { namespace, selector } = site.network;
    return {
      is: 'no-network',
      because: `${ill.because}; and no network pod was found by selector ${selector} in ${namespace}, so it is not known whether the network is well there`,
    };
  }
  if (ill?.pod !== undefined) {
    const patient = patientOf('driver', ill.pod, ill.because, { ...it, peers: it.drivers });
    return { is: 'ill', patient, because: `${said}; next is ${ill.because}${sayWaiting(ill)}` };
  }
  const [absent] = of('absent');
  if (absent !== undefined) return { is: 'absent', because: `${absent.because}; ${said}` };
  return hanging(site, it, now) ?? { is: 'covered', because: said };
}

const sayWaiting = ({ waiting }: Standing): string =>
  waiting.length === 0
    ? ''
    : `; ${counted(waiting.length, 'pod waits', 'pods wait')} there for NFS`;

/** `the driver is registered on k8s-master, and not on k8s-node1, k8s-node2`. */
export function sayStandings(all: readonly Standing[]): string {
  const on = all.filter((s) => s.is === 'registered').map((s) => s.node);
  const off = all.filter((s) => s.is !== 'registered' && s.is !== 'uncovered').map((s) => s.node);
  if (on.length === 0) return `the driver is registered on no node: ${few(off, 8)}`;
  return off.length === 0
    ? `the driver is registered on ${few(on, 8)}`
    : `the driver is registered on ${few(on, 8)}, and not on ${few(off, 8)}`;
}

/** Since when the driver has served a node at the latest: kubelet says so on every try for as long as it does not. */
function servedSince(it: Known, { node, pod }: Standing): number {
  const missed = it.failed.flatMap((e) =>
    e.kind === 'not-registered' && it.pods.some((p) => p.uid === e.podUid && p.node === node)
      ? [Date.parse(e.last)]
      : [],
  );
  return Math.max(Date.parse(pod?.startedAt ?? pod?.createdAt ?? ''), ...missed);
}

/** The events about NFS volumes of pods that still wait, on nodes where the driver has been registered for long enough. */
function freshFailures(
  site: Site,
  it: Known,
  now: number,
): readonly { readonly event: FailedMount; readonly pod: Pod; readonly standing: Standing }[] {
  const all = standings(site, it, now);
  const waiting = allWaiting(it);
  return it.failed.flatMap((event) => {
    const pod = waiting.find((p) => isAbout(event, p));
    const standing = all.find((s) => s.node === pod?.node);
    if (pod === undefined || standing?.is !== 'registered') return [];
    if (!isNfsFailure(event, pod, it.claims, it.volumes)) return [];
    const last = Date.parse(event.last);
    const since = servedSince(it, standing);
    return last - since > BEGUN_BEFORE_MS && now - last < STALE_MS
      ? [{ event, pod, standing }]
      : [];
  });
}

/** A node that is registered and does not mount: that is the kernel's client, not the driver (DOMAIN 2.1, decisions). */
export function hanging(
  site: Site,
  it: Known,
  now: number,
): Extract<Survey, { is: 'hanging' }> | undefined {
  const found = freshFailures(site, it, now).filter(({ event }) => event.kind === 'deadline');
  const [first] = found;
  if (first === undefined) return undefined;
  const node = first.standing.node;
  const pods = new Set(found.filter((f) => f.standing.node === node).map((f) => path(f.pod)));
  return {
    is: 'hanging',
    node,
    because: `the driver is registered on ${node}, and mounts there still run into their deadline: ${few([...pods])}`,
  };
}

/** Pods whose mount fails because the server has no such directory: no driver mends that. */
export function missingDirectories(
  site: Site,
  it: Known,
  now: number,
): readonly { readonly pod: string; readonly message: string }[] {
  return freshFailures(site, it, now)
    .filter(({ event }) => event.kind === 'no-entry')
    .map(({ event, pod }) => ({ pod: path(pod), message: event.message }));
}

/** The node that the kernel's runbook is to look at, with the driver's pod on it. */
export function hangingPatient(
  site: Site,
  it: Known,
  now: number,
  word: Extract<Survey, { is: 'down' | 'hanging' }>,
): Patient | undefined {
  const node = word.is === 'down' ? word.standing.node : word.node;
  const pod = standings(site, it, now).find((s) => s.node === node)?.pod;
  return pod === undefined
    ? undefined
    : patientOf('driver', pod, word.because, { ...it, peers: it.drivers });
}

/**
 * The healthy node that is left alone for the whole run, to compare with (DOMAIN 2.1, traps: in March it was the master):
 * rather one that carries something critical, which would be touched last anyway.
 */
export function controlOf(site: Site, it: Known, now: number): string | undefined {
  const hang = hanging(site, it, now)?.node;
  return standings(site, it, now)
    .filter((s) => s.is === 'registered' && s.node !== hang)
    .toSorted((a, b) => lateness(b) - lateness(a) || (a.node < b.node ? -1 : 1))[0]?.node;
}
