import { kubeletWell } from '../../../src/deeds/restart-kubelet.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import { registration } from '../../../src/tools/csi/registered.ts';
import type { CsiNode } from '../../../src/tools/kubectl/csi-nodes.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { MountTry } from '../../../src/tools/nfs/probe.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import { holdsDead, initiatesClient, killOrder } from '../../../src/tools/node/poisoner.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import { RUNGS } from '../facts.ts';
import type { Climbed, Rung, Verdict } from '../facts.ts';
import { sayTry } from './diagnosis.ts';
import { isMount, sayTask } from './survey.ts';

/** The node after a rung, or before the first one. */
export interface RungLook {
  readonly scan: Observation<TaskScan>;
  readonly kubelet: Observation<Kubelet>;
  /** Absent before the first rung: the diagnosis has just measured it. */
  readonly mount: Observation<MountTry> | undefined;
  readonly drivers: Observation<readonly Pod[]>;
  readonly csiNode: Observation<CsiNode | undefined>;
}

/** What comes next on the ladder, with everything below it accounted for. */
export type NextRung =
  | { readonly is: 'healed'; readonly because: string }
  | { readonly is: 'kill'; readonly task: Task; readonly rung: Rung; readonly because: string }
  | { readonly is: 'wait-young'; readonly because: string }
  | { readonly is: 'lease'; readonly because: string }
  | { readonly is: 'csi'; readonly pod: Pod; readonly because: string }
  | { readonly is: 'kubelet'; readonly mainPid: number; readonly because: string }
  | { readonly is: 'machine'; readonly because: string }
  | { readonly is: 'unclear'; readonly because: string };

export interface Ladder {
  readonly next: NextRung;
  readonly climbed: readonly Climbed[];
}

interface Known {
  readonly node: string;
  readonly driver: string;
  readonly verdict: Verdict;
  readonly climbed: readonly Climbed[];
  /** The rung that was taken last. */
  readonly tried: Rung | undefined;
  /** How old a stuck mount must be before it is killed, in seconds. */
  readonly patience: number;
}

/** Why a test mount says nothing; a rung that was never measured is neither refuted nor a success. */
function whyUntested(mount: RungLook['mount']): string | undefined {
  if (mount === undefined) return 'the inventory names no nfs.export for a test mount';
  if (!mount.ok) return mount.says;
  return mount.value.is === 'locked' ? 'another test mount is under way there' : undefined;
}

const stuckMounts = (scan: TaskScan): readonly Task[] =>
  scan.tasks.filter((task) => isMount(task) && task.state === 'D');

/** What still stands against the node; empty: it is well. */
function complaints({ node, driver }: Known, look: RungLook, scan: TaskScan): readonly string[] {
  const holders = scan.tasks.filter(holdsDead).map(sayTask);
  const mounts = stuckMounts(scan).map(sayTask);
  const { mount } = look;
  const refused =
    mount?.ok === true && mount.value.is === 'mounted' ? [] : [sayTry('default', mount)];
  const driverPod = look.drivers.ok ? look.drivers.value.find((it) => it.node === node) : undefined;
  const registered = look.csiNode.ok
    ? registration(driver, look.csiNode.value, driverPod)
    : ({ is: 'not', why: look.csiNode.says } as const);
  return [
    ...holders,
    ...mounts,
    ...refused,
    ...(kubeletWell(look.kubelet) ? [] : ['its kubelet does not answer']),
    ...(registered.is === 'registered' ? [] : [`its driver is not registered: ${registered.why}`]),
  ];
}

/**
 * Decides the next rung, lowest first, and says of every rung that is passed over why it cannot help here. A zombie with a
 * thread in D state goes straight to the machine: no signal, driver or kubelet clears it (COMMANDS B.7, recovery ladder).
 */
export function nextRung(known: Known, look: RungLook): Ladder {
  const unclear = (because: string): Ladder => ({
    next: { is: 'unclear', because },
    climbed: known.climbed,
  });
  if (known.verdict.is === 'dark') {
    const because = 'the node does not let anybody in: nothing can be seen or ended there';
    return {
      next: { is: 'machine', because: known.verdict.because },
      climbed: ruleOut(known.climbed, because),
    };
  }
  if (!look.scan.ok) return unclear(`${known.node} could not be looked at: ${look.scan.says}`);
  if (!look.scan.value.root) return unclear(`${known.node} was not scanned as root`);
  const scan = look.scan.value;
  const untested = known.tried === undefined ? undefined : whyUntested(look.mount);
  if (untested !== undefined)
    return unclear(`whether ${known.node} mounts again is not known: ${untested}`);
  const against = complaints(known, look, scan);
  if (known.tried !== undefined && against.length === 0) {
    return {
      next: { is: 'healed', because: sayTry('default', look.mount) },
      climbed: known.climbed,
    };
  }
  const state = against.join('; ');
  const before = known.tried === undefined ? known.verdict.because : state;
  const holder = scan.tasks.find(holdsDead);
  if (holder !== undefined) {
    const because = `${sayTask(holder)}, which nothing but a reset clears`;
    return {
      next: { is: 'machine', because },
      climbed: ruleOut(passed(known, scan, state), because),
    };
  }
  return climb(known, look, scan, before, passed(known, scan, state));
}

/** Rungs not yet accounted for are passed over, for one reason. */
const ruleOut = (climbed: readonly Climbed[], because: string): readonly Climbed[] =>
  RUNGS.reduce(
    (all, rung) =>
      all.some((it) => it.rung === rung) ? all : [...all, { rung, is: 'ruled-out', because }],
    climbed,
  );

/** The rung that was taken last is behind us: it did not help. Killing goes on while there is another one to kill. */
function passed(
  { climbed, tried, node }: Known,
  scan: TaskScan,
  state: string,
): readonly Climbed[] {
  if (tried === undefined || climbed.some((it) => it.rung === tried)) return climbed;
  const more =
    (tried === 'kill-mounts' && killOrder(scan.tasks).length > 0) ||
    (tried === 'kill-poisoner' && scan.tasks.some(initiatesClient));
  return more
    ? climbed
    : [
        ...climbed,
        { rung: tried, is: 'refuted', because: `tried, and on ${node} still: ${state}` },
      ];
}

/** A rung's own word: what to do on it, or why it cannot help here. */
type Rule = (
  known: Known,
  look: RungLook,
  scan: TaskScan,
  because: string,
) => NextRung | { readonly is: 'passed-over'; readonly why: string };

const over = (why: string) => ({ is: 'passed-over', why }) as const;

const killing =
  (rung: Rung, pick: (order: readonly Task[]) => Task | undefined, none: string): Rule =>
  ({ patience }, _, scan, because) => {
    const task = pick(killOrder(scan.tasks));
    if (task === undefined) return over(none);
    return task.ageSeconds >= patience
      ? { is: 'kill', task, rung, because }
      : {
          is: 'wait-young',
          because: `${sayTask(task)} for ${Math.round(task.ageSeconds)} s; it is given ${patience} s`,
        };
  };

const RULES: Readonly<Record<Rung, Rule>> = {
  'kill-poisoner': killing(
    'kill-poisoner',
    (order) => order.find(initiatesClient),
    'no mount.nfs waits for the set-up of the client',
  ),
  'wait-lease': ({ verdict }, _look, _scan, because) =>
    verdict.is === 'wedged' || verdict.is === 'stuck'
      ? { is: 'lease', because }
      : over(`a lease heals a wedged client, and this is another fault: ${verdict.because}`),
  'kill-mounts': killing(
    'kill-mounts',
    (order) => order[0],
    'no stuck mount.nfs is there that a signal ends',
  ),
  'csi-pod': ({ node, verdict }, look, _scan, because) => {
    if (verdict.is === 'kubelet') {
      return over('without a kubelet that answers, a deleted pod stays Terminating');
    }
    if (!look.drivers.ok) return over(`its driver pod could not be read: ${look.drivers.says}`);
    const pod = look.drivers.value.find((it) => it.node === node);
    return pod === undefined ? over(`no driver pod is on ${node}`) : { is: 'csi', pod, because };
  },
  kubelet: (known, look, scan, because) => {
    const why = kubeletForbidden(known, look, scan);
    if (why !== undefined) return over(why);
    const mainPid = look.kubelet.ok ? (look.kubelet.value.unit?.mainPid ?? 0) : 0;
    return { is: 'kubelet', mainPid, because };
  },
};

function climb(
  known: Known,
  look: RungLook,
  scan: TaskScan,
  because: string,
  climbed: readonly Climbed[],
): Ladder {
  const open = RUNGS.filter((rung) => !climbed.some((it) => it.rung === rung));
  const [rung] = open;
  if (rung === undefined) return { next: { is: 'machine', because }, climbed };
  const word = RULES[rung](known, look, scan, because);
  return word.is === 'passed-over'
    ? climb(known, look, scan, because, [...climbed, { rung, is: 'ruled-out', because: word.why }])
    : { next: word, climbed };
}

/**
 * Why the kubelet must not be restarted; `undefined` where it may. Restarting it beside a stuck task turned it into a zombie
 * on 22 April (DOMAIN 2.0), so nothing may be in D or Z state, and the kernel must mount.
 */
function kubeletForbidden(known: Known, look: RungLook, scan: TaskScan): string | undefined {
  const blocked = scan.tasks[0];
  if (blocked !== undefined) {
    return `${sayTask(blocked)} (state ${blocked.state}): beside it a restarted kubelet may become a zombie itself`;
  }
  const mounts =
    known.verdict.is === 'kubelet' ||
    (look.mount?.ok === true && look.mount.value.is === 'mounted');
  if (!mounts) return 'a default mount does not work: the fault is below the kubelet';
  return kubeletWell(look.kubelet) ? 'the kubelet answers: it is not what is wrong' : undefined;
}
