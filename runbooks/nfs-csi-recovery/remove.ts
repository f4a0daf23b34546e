import type { Observation, Seen } from '../../src/runbook/observation.ts';
import type { PodRef } from '../../src/runbook/references.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard, Judgement, Target } from '../../src/runbook/step.ts';
import { notOurAccessPath } from '../../src/guards/access-path.ts';
import { controlStays } from '../../src/guards/control-sample.ts';
import { noForeignMaintenance } from '../../src/guards/maintenance.ts';
import { volumeMountable } from '../../src/guards/mountable.ts';
import { oneNodeAtATime } from '../../src/guards/one-at-a-time.ts';
import { serverAnswers } from '../../src/guards/server-answers.ts';
import { getCsiNode } from '../../src/tools/kubectl/csi-nodes.ts';
import { podEvents } from '../../src/tools/kubectl/events.ts';
import { getPod, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import type { Pod } from '../../src/tools/kubectl/pods.ts';
import { portOwner } from '../../src/tools/node/port-owner.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { registration } from '../../src/tools/csi/registered.ts';
import type { Contest, Patient } from './facts.ts';
import { podsOf, portLook } from './looks.ts';
import { few, isWaiting, path } from './judge/pods.ts';
import { readPort } from './judge/port.ts';

/** The parts of the deletions of this runbook, kept apart from the graph so that the graph reads as a map. */

/** A pod, proven by its UID and by where it runs. */
export const targetPod = (pod: PodRef): Target => ({
  name: pod.name,
  kind: 'pod',
  proven: [
    `uid ${pod.uid}`,
    `on ${pod.node === '' ? 'no node yet' : pod.node}`,
    `namespace ${pod.namespace}`,
  ],
});

export const identity = (site: Site, pod: PodRef) => ({ pod: getPod(site.cluster, pod) });

/** The pod under that UID is gone: a name may be used again, so the UID alone tells. */
export function judgeGone(
  { name, uid }: PodRef,
  after: { readonly pod: Observation<Pod | undefined> },
): Judgement {
  if (!after.pod.ok)
    return { effect: 'unknown', because: `${name} could not be read: ${after.pod.says}` };
  const now = after.pod.value;
  if (now === undefined) return { effect: 'confirmed', because: `no pod ${name} exists any more` };
  if (now.uid !== uid)
    return { effect: 'confirmed', because: `${name} is a new pod: uid ${now.uid}` };
  return now.deletionTimestamp === undefined
    ? { effect: 'refuted', because: `${name} still exists with uid ${uid}` }
    : {
        effect: 'refuted',
        because: `${name} is still terminating, since ${now.deletionTimestamp}`,
      };
}

/** What holds for everything that is done to a node or to a pod on it. */
export const nodeGuards = (site: Site, node: string): readonly Guard[] => [
  oneNodeAtATime(site, node),
  noForeignMaintenance(site),
  notOurAccessPath(site, node),
];

/** The driver is deleted only where mounts can work afterwards, and never on the control sample (COMMANDS F). */
export const patientGuards = (
  site: Site,
  control: string | null,
  { kind, node }: Patient,
): readonly Guard[] => [
  ...nodeGuards(site, node),
  ...(kind === 'driver'
    ? [controlStays(site, control, node), serverAnswers(site, node), volumeMountable('nfs', [node])]
    : []),
];

/** Its last words, before they go with it (DESIGN: promise 11). */
export const capture = (site: Site, { node, pod, crashed }: Patient) => ({
  events: podEvents(site.cluster, pod.namespace, pod.name),
  logs: Object.fromEntries(crashed.map((name) => [name, podLogFile(node, pod, name)])),
});

export const blast = (site: Site, { node, kind }: Patient) => ({
  here: podsOnNode(site.cluster, node),
  peers: podsOf(site, kind),
});

/** Existing mounts are the kernel's and survive; only mounting and unmounting on that node pauses (DOMAIN 2.1, A1). */
export function measure(
  { kind, node, pod }: Patient,
  { here, peers }: Seen<ReturnType<typeof blast>>,
): BlastRadius {
  const others = peers.ok
    ? peers.value.filter((p) => p.ready && p.uid !== pod.uid).map((p) => p.name)
    : [];
  const waiting = here.ok ? here.value.filter(isWaiting).map(path) : [];
  const own = {
    driver: {
      what: 'node on which new NFS mounts fail for 30 to 120 s',
      count: 1,
      names: [node],
    },
    controller: {
      what: 'controller that makes no volume until it is back',
      count: 1,
      names: [pod.name],
    },
    speaker: {
      what: 'speaker that announces no address until it is back',
      count: 1,
      names: [pod.name],
    },
  } as const;
  return {
    counts: [
      own[kind],
      { what: 'existing mount', count: 0, names: [] },
      { what: `other ${kind} that stays`, count: others.length, names: others },
      { what: 'pod that waits on that node already', count: waiting.length, names: waiting },
    ],
    unknown: [
      ...(here.ok ? [] : [`pods that wait on ${node}: ${here.says}`]),
      ...(peers.ok ? [] : [`the other ${kind}s: ${peers.says}`]),
      ...(kind === 'speaker'
        ? ['which addresses it announces: they move to another node, and open connections break']
        : []),
    ],
  };
}

/** One fresh sample of what decided: the pod, whether it came up by itself, and that nobody holds its port. */
export const signals = (site: Site, patient: Patient, contest: Contest) => ({
  pod: getPod(site.cluster, patient.pod),
  csiNode: patient.kind === 'driver' ? getCsiNode(site.cluster, patient.node) : undefined,
  ...portLook(site, patient, contest),
});

export function stillIll(
  site: Site,
  patient: Patient,
  contest: Contest,
  seen: Seen<ReturnType<typeof signals>>,
): Drift {
  const { name, uid } = patient.pod;
  if (!seen.pod.ok)
    return { drift: 'unknown', because: `${name} could not be read: ${seen.pod.says}` };
  const now = seen.pod.value;
  if (now === undefined) return { drift: 'changed', because: `${name} is gone already` };
  if (now.uid !== uid) return { drift: 'changed', because: `${name} was replaced: uid ${now.uid}` };
  if (now.deletionTimestamp !== undefined)
    return { drift: 'changed', because: `${name} is already being deleted` };
  if (seen.csiNode?.ok === false) {
    const because = `the registered drivers of ${patient.node} could not be read: ${seen.csiNode.says}`;
    return { drift: 'unknown', because };
  }
  const up =
    seen.csiNode === undefined
      ? now.ready
      : registration(site.csi.driver, seen.csiNode.value, now).is === 'registered';
  if (up) return { drift: 'changed', because: `${name} has come up by itself` };
  const held = readPort(patient, contest, seen);
  if (held.is === 'free')
    return { drift: 'same', because: `${name} is still down; ${held.because}` };
  return { drift: held.is === 'unknown' ? 'unknown' : 'changed', because: held.because };
}

/** Who holds the ports, without the rest: what the sandbox and the services are proven by. */
export const ownersOf = ({ node }: Patient, { ports }: Contest) =>
  Object.fromEntries(ports.map((port) => [String(port), portOwner(node, port)]));

/** The pods that wait, for a sentence. */
export const sayPods = (pods: readonly Pod[]): string => few(pods.map(path));
