import { deletePod } from '../../src/deeds/delete-pod.ts';
import type { Seen } from '../../src/runbook/observation.ts';
import type { PodRef } from '../../src/runbook/references.ts';
import type { Site } from '../../src/runbook/site.ts';
import type { BlastRadius, Drift, Guard } from '../../src/runbook/step.ts';
import { notOurAccessPath } from '../../src/guards/access-path.ts';
import { controlStays } from '../../src/guards/control-sample.ts';
import { noForeignMaintenance } from '../../src/guards/maintenance.ts';
import { volumeMountable } from '../../src/guards/mountable.ts';
import { oneNodeAtATime } from '../../src/guards/one-at-a-time.ts';
import { serverAnswers } from '../../src/guards/server-answers.ts';
import { getCsiNode } from '../../src/tools/kubectl/csi-nodes.ts';
import { podEvents } from '../../src/tools/kubectl/events.ts';
import { getPod, podsOnNode } from '../../src/tools/kubectl/pods.ts';
import { podLogFile } from '../../src/tools/node/pod-log.ts';
import { registration } from '../../src/tools/csi/registered.ts';
import type { Contest, Patient } from './facts.ts';
import { podsOf, portLook } from './looks.ts';
import { isWaiting, path } from './judge/pods.ts';
import { readPort } from './judge/port.ts';

/** The parts of the deletions of this runbook, kept apart from the graph so that the graph reads as a map. */

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
const capture = (site: Site, { node, pod, crashed }: Patient) => ({
  events: podEvents(site.cluster, pod.namespace, pod.name),
  logs: Object.fromEntries(crashed.map((name) => [name, podLogFile(node, pod, name)])),
});

const blast = (site: Site, { node, kind }: Patient) => ({
  here: podsOnNode(site.cluster, node),
  peers: podsOf(site, kind),
});

/** Existing mounts are the kernel's and survive; only mounting and unmounting on that node pauses (DOMAIN 2.1, A1). */
function measure(
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
      { what: 'existing mount that breaks', count: 0, names: [] },
      {
        what: `other ${kind} pod that is ready and stays`,
        many: `other ${kind} pods that are ready and stay`,
        count: others.length,
        names: others,
      },
      {
        what: 'pod that waits on that node already',
        many: 'pods that wait on that node already',
        count: waiting.length,
        names: waiting,
      },
    ],
    unknown: [
      ...(here.ok ? [] : [`pods that wait on ${node}: ${here.says}`]),
      ...(peers.ok ? [] : [`the other ${kind} pods: ${peers.says}`]),
      ...(kind === 'speaker'
        ? [
            'which addresses it announces: those move to another node, and their open connections break',
          ]
        : []),
    ],
  };
}

/** One fresh sample of what decided: the pod, whether it came up by itself, and that nobody holds its port. */
const signals = (site: Site, patient: Patient, contest: Contest) => ({
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

interface PatientCtx {
  readonly site: Site;
  readonly facts: { readonly patient: Patient; readonly contest: Contest };
}

/** Deletes the pod that did not come up, once nobody holds its port: all parts of the action but its place and its guards. */
export const deletePatient = {
  ...deletePod(({ facts }: PatientCtx) => facts.patient.pod, '90s'),
  capture: ({ site, facts: { patient } }: PatientCtx) => capture(site, patient),
  blastRadius: {
    observe: ({ site, facts: { patient } }: PatientCtx) => blast(site, patient),
    measure: (seen: Seen<ReturnType<typeof blast>>, { facts: { patient } }: PatientCtx) =>
      measure(patient, seen),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: ({ site, facts: { patient, contest } }: PatientCtx) => signals(site, patient, contest),
    judge: (
      seen: Seen<ReturnType<typeof signals>>,
      { site, facts: { patient, contest } }: PatientCtx,
    ) => stillIll(site, patient, contest, seen),
  },
  undo: 'none: its controller makes another one',
};

interface LaggardCtx {
  readonly site: Site;
  readonly facts: { readonly laggard: PodRef };
}

const itself = (site: Site, pod: PodRef) => ({ pod: getPod(site.cluster, pod) });

function stillWaits({ name, uid }: PodRef, { pod }: Seen<ReturnType<typeof itself>>): Drift {
  if (!pod.ok) return { drift: 'unknown', because: `${name} could not be read: ${pod.says}` };
  if (pod.value?.uid !== uid)
    return { drift: 'changed', because: `${name} is gone or another one` };
  return isWaiting(pod.value)
    ? { drift: 'same', because: `${name} still waits, and nothing of it runs` }
    : { drift: 'changed', because: `${name} does not wait any more` };
}

/** Deletes a pod that still waits, of which nothing ever ran: all parts of the action but its place and its guards. */
export const deleteLaggard = {
  ...deletePod(({ facts }: LaggardCtx) => facts.laggard, '60s'),
  capture: ({ site, facts: { laggard } }: LaggardCtx) => ({
    events: podEvents(site.cluster, laggard.namespace, laggard.name),
  }),
  blastRadius: {
    observe: () => ({}),
    measure: (_: object, { facts: { laggard } }: LaggardCtx): BlastRadius => ({
      counts: [
        { what: 'pod that never started', count: 1, names: [path(laggard)] },
        { what: 'running container', count: 0, names: [] },
      ],
      unknown: [],
    }),
  },
  drift: {
    freshWithin: '60s' as const,
    observe: ({ site, facts: { laggard } }: LaggardCtx) => itself(site, laggard),
    judge: (seen: Seen<ReturnType<typeof itself>>, { facts: { laggard } }: LaggardCtx) =>
      stillWaits(laggard, seen),
  },
  undo: 'none: its owner makes another one',
};
