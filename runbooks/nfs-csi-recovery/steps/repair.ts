import { toMs } from '../../../src/runbook/duration.ts';
import type { Duration } from '../../../src/runbook/duration.ts';
import { getNode } from '../../../src/tools/kubectl/nodes.ts';
import type { MakeStep } from '../book.ts';
import type { Patient } from '../facts.ts';
import type { Params } from '../params.ts';
import { isUp, readArrival } from '../judge/arrival.ts';
import { readCanary } from '../judge/canary.ts';
import { patientOf } from '../judge/pods.ts';
import { arrivalLook, canaryOn } from '../looks.ts';
import { deletePatient, patientGuards } from '../remove.ts';

/** The node that is left alone to compare with is neither handed over nor reset, whatever fails on it. */
const isControl = ({ node }: Patient, control: string | null): 'control' | 'other' =>
  node === control ? 'control' : 'other';

const sayControl = ({ node, because }: Patient, control: string | null): string =>
  node === control
    ? `${node} is the healthy node that was left alone to compare with, and fails itself: ${because}`
    : `${node} is not the node that is left alone (${control ?? 'there is none'})`;

interface Handing {
  readonly params: Params;
  readonly facts: { readonly patient: Patient; readonly handed?: readonly string[] | undefined };
}

/** How long the kernel's runbook soaks by itself. */
const KERNEL_SOAK: Duration = '5m';

/**
 * What the kernel's runbook is told: the node, that somebody goes on after it, and what it has repaired before. It soaks no
 * longer than this one, which soaks again at the end.
 */
const toKernel = ({ params: { soak }, facts: { patient, handed = [] } }: Handing) => ({
  node: patient.node,
  called: true,
  before: handed,
  soak: toMs(soak) < toMs(KERNEL_SOAK) ? soak : KERNEL_SOAK,
});

/** The deletion that mends it once the port is free, and the proof that it did. */
export const repair = (step: MakeStep) => ({
  'delete-pod': step.action({
    title: 'Delete the pod that did not come up: its port is free',
    risk: 'disruptive',
    needs: ['patient', 'contest', 'control'],
    next: {
      confirmed: { to: 'arrived' },
      refuted: { to: 'not-gone' },
      declined: { to: 'left-alone' },
      blocked: { to: 'blocked' },
      drifted: { to: 'came-up' },
      doubtful: { to: 'arrived' },
    },
    guards: ({ site, facts: { patient, control } }) => patientGuards(site, control, patient),
    ...deletePatient,
  }),

  'came-up': step.probe({
    title: 'Has it come up by itself, now that nobody holds its port?',
    needs: ['patient', 'begun', 'control', 'repaired', 'remarks', 'unfinished'],
    expect: 'other',
    next: {
      up: { to: 'arrived', gives: ['patient'] },
      'not-ending': { to: 'not-gone' },
      other: { to: 'survey', atMost: 6, then: 'restless' },
    },
    observe: ({ site, facts: { patient } }) => arrivalLook(site, patient),
    conclude: (seen, { to, now, site, facts: { patient } }) => {
      const { name, uid } = patient.pod;
      const left = seen.pods.ok ? seen.pods.value.find((p) => p.uid === uid) : undefined;
      // The timestamp is when its grace ends, and the kubelet gets a minute more.
      const late = now - Date.parse(left?.deletionTimestamp ?? '');
      if (late > 60_000) {
        return to['not-ending'](
          `${name} does not end: its grace was over ${Math.round(late / 1000)} s ago`,
        );
      }
      // The same pod, back-off over: it must stay up and mount like a new one before the next node is touched.
      const again = { ...patient, known: patient.known.filter((it) => it !== uid) };
      const word = isUp(site.csi.driver, again, seen);
      return word.up && word.pod?.uid === uid
        ? to.up(word.because, { patient: again })
        : to.other(`${name} is not what it was: ${word.because}`);
    },
  }),

  arrived: step.probe({
    title: 'Is the pod up, and steady for a minute?',
    needs: ['patient', 'begun', 'control'],
    expect: 'driver-up',
    next: {
      'driver-up': { to: 'canary', gives: ['patient'] },
      'controller-up': { to: 'controllers', atMost: 12, then: 'restless' },
      'speaker-up': { to: 'speakers', atMost: 40, then: 'restless' },
      contested: { to: 'crash', gives: ['patient'], atMost: 4, then: 'not-registered' },
      'no-route': { to: 'no-route' },
      late: { to: 'not-registered' },
    },
    watch: () => ({ every: '10s', within: '4m', late: 'late' }),
    observe: ({ site, facts: { patient } }) => arrivalLook(site, patient),
    conclude: (_, { to, wait, site, samples, facts: { patient } }) => {
      const word = readArrival(site.csi.driver, patient, samples);
      if (word.is === 'coming') return wait(word.because);
      if (word.is === 'no-route') return to['no-route'](word.because);
      const { carries, soleControlPlane, known } = patient;
      const next = {
        ...patientOf(patient.kind, word.pod, word.because, { nodes: [], pods: [], peers: [] }),
        carries,
        soleControlPlane,
        known: [...known, word.pod.uid],
      };
      if (word.is === 'contested') return to.contested(word.because, { patient: next });
      switch (patient.kind) {
        case 'driver':
          return to['driver-up'](word.because, { patient: next });
        case 'controller':
          return to['controller-up'](word.because);
        case 'speaker':
          return to['speaker-up'](word.because);
      }
    },
  }),

  canary: step.probe({
    title: 'Does a new NFS mount work on that node?',
    needs: ['patient', 'repaired', 'begun', 'control', 'remarks'],
    expect: 'mounted',
    next: {
      mounted: { to: 'survey', gives: ['repaired'] },
      untried: { to: 'survey', gives: ['repaired'] },
      hangs: { to: 'hand-over' },
      refused: { to: 'mount-refused', gives: ['remarks'] },
      unknown: { to: 'unproven' },
    },
    watch: () => ({ every: '15s', within: '60s', late: 'unknown' }),
    observe: ({ site, facts: { patient } }) => ({ mount: canaryOn(site, patient.node) }),
    conclude: ({ mount }, { to, wait, facts: { patient, repaired, remarks } }) => {
      const word = readCanary(patient.node, mount);
      const mended = (how: 'mounted' | 'not tried') => [
        ...repaired.filter((r) => r.node !== patient.node),
        { node: patient.node, uid: patient.pod.uid, mount: how },
      ];
      switch (word.is) {
        case 'mounted':
          return to.mounted(word.because, { repaired: mended('mounted') });
        case 'untried':
          return to.untried(word.because, { repaired: mended('not tried') });
        case 'hangs':
          return to.hangs(word.because);
        case 'refused':
          return to.refused(word.because, { remarks: [...remarks, word.because] });
        case 'again':
          return wait(word.because);
      }
    },
  }),

  'hand-over': step.probe({
    title: 'May that node be handed over, or is it the one that is left alone?',
    needs: ['patient', 'begun', 'control', 'repaired', 'remarks'],
    mayUse: ['handed'],
    next: { other: { to: 'kernel-client' }, control: { to: 'control-fails' } },
    observe: () => ({}),
    conclude: (_, { to, facts: { patient, control } }) =>
      to[isControl(patient, control)](sayControl(patient, control)),
  }),

  'kernel-client': step.call({
    title: 'Have the kernel NFS client of that node looked at',
    needs: ['patient', 'begun', 'control', 'repaired', 'remarks'],
    mayUse: ['handed'],
    runbook: 'kernel-nfs-reset',
    with: toKernel,
    next: {
      resolved: { to: 'node-back' },
      'not-this-incident': { to: 'survey', atMost: 2, then: 'still-stuck' },
      escalate: { to: 'handed-over' },
      unsafe: { to: 'handed-over' },
      aborted: { to: 'handed-over' },
    },
  }),

  'reset-node': step.probe({
    title: 'May that node be reset, or is it the one that is left alone?',
    needs: ['patient', 'begun', 'control', 'repaired', 'remarks'],
    mayUse: ['handed'],
    next: { other: { to: 'kernel-reset' }, control: { to: 'control-fails' } },
    observe: () => ({}),
    conclude: (_, { to, facts: { patient, control } }) =>
      to[isControl(patient, control)](sayControl(patient, control)),
  }),

  'kernel-reset': step.call({
    title: 'Have the node reset: nothing milder frees the port',
    needs: ['patient', 'begun', 'control', 'repaired', 'remarks'],
    mayUse: ['handed'],
    runbook: 'kernel-nfs-reset',
    with: toKernel,
    next: {
      resolved: { to: 'node-back' },
      'not-this-incident': { to: 'still-held' },
      escalate: { to: 'handed-over' },
      unsafe: { to: 'handed-over' },
      aborted: { to: 'handed-over' },
    },
  }),

  'node-back': step.probe({
    title: 'Is the node that was repaired Ready?',
    needs: ['patient', 'begun', 'control', 'repaired', 'remarks'],
    mayUse: ['handed'],
    expect: 'ready',
    next: {
      ready: { to: 'survey', gives: ['handed'], atMost: 8, then: 'restless' },
      late: { to: 'handed-over' },
    },
    watch: () => ({ every: '10s', within: '60s', late: 'late' }),
    observe: ({ site, facts: { patient } }) => ({ node: getNode(site.cluster, patient.node) }),
    conclude: ({ node }, { to, wait, facts: { patient, handed = [] } }) => {
      if (!node.ok) return wait(`${patient.node} could not be read: ${node.says}`);
      return node.value?.ready === 'True'
        ? to.ready(`${patient.node} is Ready`, { handed: [...handed, patient.node] })
        : wait(`${patient.node} is not Ready`);
    },
  }),
});
