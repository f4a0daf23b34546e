import { toMs } from '../../src/runbook/duration.ts';
import type { Duration } from '../../src/runbook/duration.ts';
import type { Sample, Waiting } from '../../src/runbook/step.ts';
import type { Seen } from '../../src/runbook/observation.ts';
import type { Conclusion } from '../../src/runbook/runbook.ts';
import type { Site } from '../../src/runbook/site.ts';
import { kubelet } from '../../src/tools/node/kubelet.ts';
import { tasks } from '../../src/tools/node/tasks.ts';
import { unit } from '../../src/tools/node/unit.ts';
import type { UnitName } from '../../src/tools/node/unit.ts';
import type { Contest, Holder, Patient, Service } from './facts.ts';
import { known } from './judge/nodes.ts';
import { readPort, settled } from './judge/port.ts';
import { readRung, sameRefusal } from './judge/rung.ts';
import { hangingPatient } from './judge/survey.ts';
import { readWaiting } from './judge/waiting.ts';
import { portLook, sight } from './looks.ts';

/** Questions that are asked at more than one place of the graph: all parts of the probes but their titles and edges. */

type To<O extends string> = { readonly [K in O]: (because: string) => Conclusion<K> };

interface Looking<Look> {
  readonly wait: (because: string) => Waiting;
  readonly samples: readonly Sample<Look>[];
}

const serviceLook = (name: UnitName, { node }: Patient) => ({
  scan: tasks(node),
  unit: unit(node, name),
  kubelet: kubelet(node),
});
type ServiceLook = Seen<ReturnType<typeof serviceLook>>;

interface MayRestart extends Looking<ServiceLook> {
  readonly facts: { readonly patient: Patient };
  readonly to: To<'refused'> & {
    readonly clear: (because: string, facts: { service: Service }) => Conclusion<'clear'>;
  };
}

/**
 * Whether a service of the node may be restarted (COMMANDS C.4, rungs 3 and 4). A refusal leads to a reset, and so must be
 * heard twice of the same thread: one that is in D for a moment is at work.
 */
export const mayRestart = (name: UnitName) => ({
  watch: () => ({ every: '10s', within: '60s', late: 'blind' }) as const,
  observe: ({ facts: { patient } }: Pick<MayRestart, 'facts'>) => serviceLook(name, patient),
  conclude: (seen: ServiceLook, { to, wait, samples, facts: { patient } }: MayRestart) => {
    const word = readRung(name, patient.node, seen);
    const earlier = samples.at(-2);
    const before = earlier && readRung(name, patient.node, earlier.seen);
    switch (word.is) {
      case 'clear':
        return to.clear(word.because, { service: word.service });
      case 'refused':
        return sameRefusal(word, before)
          ? to.refused(word.because)
          : wait(`${word.because}; looking once more`);
      case 'blind':
        return wait(word.because);
    }
  },
});

interface IsFree extends Looking<Seen<ReturnType<typeof portLook>>> {
  readonly site: Site;
  readonly facts: {
    readonly patient: Patient;
    readonly contest: Contest;
    /** The orphan whose sandbox was stopped, where that is the rung. */
    readonly holder?: Holder;
  };
  readonly to: To<'free' | 'held' | 'dead-holder' | 'unseen' | 'other'>;
}

/** The last look is taken at the end of the watch, which began a moment before the first one: so much of it may be missing. */
const MOMENT_MS = 5000;

/**
 * Whether the rung has freed the port: what was to end gets time to, and whoever else holds it is looked at afresh. When the
 * time is over only what was seen last is called held: the next rung, a reset among them, is not taken on an unknown.
 */
export const isFree = (within: Duration) => ({
  watch: () => ({ every: '10s', within, late: 'unseen' }) as const,
  observe: ({ site, facts: { patient, contest } }: Pick<IsFree, 'site' | 'facts'>) =>
    portLook(site, patient, contest),
  conclude: (
    seen: Seen<ReturnType<typeof portLook>>,
    { to, wait, samples, facts: { patient, contest, holder } }: IsFree,
  ) => {
    const over =
      (samples.at(-1)?.since ?? 0) - (samples[0]?.since ?? 0) >= toMs(within) - MOMENT_MS;
    const held = settled(patient, contest, samples);
    if (held === undefined && !over) return wait('the port is looked at twice, 10 s apart');
    const last = held ?? readPort(patient, contest, seen);
    switch (last.is) {
      case 'free':
      case 'dead-holder':
        // Seen once, at the very end: it is looked at afresh.
        return held === undefined ? to.other(last.because) : to[last.is](last.because);
      case 'orphan':
        // Another one of the same pod, or of another: it is stopped in its turn (DOMAIN 2.1, confirm 6).
        if (holder !== undefined && last.holder.sandbox.id !== holder.sandbox.id)
          return to.other(last.because);
        return over ? to.held(last.because) : wait(last.because);
      case 'stray':
      case 'leaving':
        return over ? to.held(last.because) : wait(last.because);
      case 'unknown':
        return wait(last.because);
      case 'live':
      case 'host-service':
        return to.other(last.because);
    }
  },
});

type Waiter = Looking<Seen<ReturnType<typeof sight>>> & {
  readonly now: number;
  readonly site: Site;
  readonly facts: { readonly remarks: readonly string[] };
  readonly to: To<'none'> & {
    readonly hanging: (because: string, facts: { patient: Patient }) => Conclusion<'hanging'>;
    readonly 'no-entry': (
      because: string,
      facts: { remarks: readonly string[] },
    ) => Conclusion<'no-entry'>;
  };
};

/** Whether the pods that wait get their mounts, now that kubelet can try again: five minutes (DOMAIN 2.1, A7). */
export const doTheyMount = {
  watch: () => ({ every: '20s', within: '5m', late: 'late' }) as const,
  observe: ({ site }: Pick<Waiter, 'site'>) => sight(site),
  conclude: (
    seen: Seen<ReturnType<typeof sight>>,
    { to, wait, now, site, facts: { remarks } }: Waiter,
  ) => {
    const look = known(seen);
    if (look.known === undefined) return wait(look.unread);
    const word = readWaiting(site, look.known, now);
    switch (word.is) {
      case 'none':
        return to.none(word.because);
      case 'some':
        return wait(word.because);
      case 'no-entry':
        return to['no-entry'](word.because, { remarks: [...remarks, ...word.remarks] });
      case 'hanging': {
        const patient = hangingPatient(site, look.known, now, word);
        return patient === undefined ? wait(word.because) : to.hanging(word.because, { patient });
      }
    }
  },
};
