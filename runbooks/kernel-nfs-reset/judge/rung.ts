import type { Observation } from '../../../src/runbook/observation.ts';
import type { Pod } from '../../../src/tools/kubectl/pods.ts';
import type { MountTry, NfsVersion } from '../../../src/tools/nfs/probe.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { NfsState } from '../../../src/tools/node/nfs-state.ts';
import { initiatesClient, killOrder } from '../../../src/tools/node/poisoner.ts';
import type { Task, TaskScan } from '../../../src/tools/node/tasks.ts';
import { RUNGS } from '../facts.ts';
import type { Climbed, Killed, Rung, Verdict } from '../facts.ts';
import { sayTry } from './diagnosis.ts';
import { kubeletSays, sayKubelet } from './kubelet.ts';
import { nfsHolders, sayHolder, sayTask, steadyTasks, stuckMounts } from './stuck.ts';

/** The node after a rung, or before the first one. */
export interface RungLook {
  readonly scan: Observation<TaskScan>;
  readonly state: Observation<NfsState>;
  readonly kubelet: Observation<Kubelet>;
  /** Absent before the first rung: the diagnosis has just measured it. */
  readonly mount: Observation<MountTry> | undefined;
  /** The driver's pods of all nodes, and every pod of this one. */
  readonly drivers: Observation<readonly Pod[]>;
  readonly pods: Observation<readonly Pod[]>;
}

/** What comes next on the ladder, with everything below it accounted for. */
export type NextRung =
  | { readonly is: 'healed'; readonly because: string }
  | { readonly is: 'kill'; readonly task: Task; readonly rung: Rung; readonly because: string }
  /** Nothing yet: what was seen is too young, or could not be read. */
  | { readonly is: 'look-again'; readonly because: string }
  | { readonly is: 'lease'; readonly because: string }
  | { readonly is: 'csi'; readonly pod: Pod; readonly because: string }
  | { readonly is: 'kubelet'; readonly mainPid: number; readonly because: string }
  | { readonly is: 'machine'; readonly because: string }
  /** The client is well, and what is left is no fault of it: nothing that a reset is for. */
  | { readonly is: 'by-hand'; readonly because: string }
  | { readonly is: 'unclear'; readonly because: string };

export interface Ladder {
  readonly next: NextRung;
  readonly climbed: readonly Climbed[];
}

interface Known {
  readonly node: string;
  readonly verdict: Verdict;
  /** The version by which it is measured whether the client is healed. */
  readonly version: NfsVersion;
  readonly climbed: readonly Climbed[];
  /** The rung that was taken last. */
  readonly tried: Rung | undefined;
  /** Mounts that were sent SIGKILL already: none is sent it twice. */
  readonly killed: readonly Killed[];
  /** How old a stuck mount must be before it is killed, in seconds. */
  readonly patience: number;
}

/** What the last look shows, read. */
interface Seen {
  readonly look: RungLook;
  readonly tasks: readonly Task[];
  /** Tasks that the look before showed in the same state; `undefined` where this is the first look. */
  readonly steady: readonly Task[] | undefined;
  /** Stuck mounts that may be killed, in order. */
  readonly mayKill: readonly Task[];
}

/** Why a test mount says nothing; a rung that was never measured is neither refuted nor a success. */
function whyUntested(mount: RungLook['mount']): string | undefined {
  if (mount === undefined) return 'the inventory names no nfs.export for a test mount';
  if (!mount.ok) return mount.says;
  return mount.value.is === 'locked' ? 'another test mount is under way there' : undefined;
}

/**
 * Stuck mounts that SIGKILL ends, in the order of REALITY 4c: of NFS by their wait channel, not killed before, and not of a pod that
 * the API knows and that is not the driver's. A container may call any program `mount.nfs`.
 */
function killable(
  tasks: readonly Task[],
  killed: readonly Killed[],
  drivers: readonly Pod[],
  pods: readonly Pod[],
): readonly Task[] {
  const isDriver = (uid: string): boolean => drivers.some((it) => it.uid === uid);
  const foreign = (task: Task): boolean =>
    task.podUid !== undefined &&
    !isDriver(task.podUid) &&
    pods.some((it) => it.uid === task.podUid);
  return killOrder(tasks).filter(
    (task) =>
      task.nfs &&
      !foreign(task) &&
      !killed.some((it) => it.pid === task.pid && it.startTicks === task.startTicks),
  );
}

/**
 * Decides the next rung from the looks of this visit, lowest first, and says of every rung that is passed over why it cannot help
 * here. A zombie that holds NFS goes straight to the machine: no signal, driver or kubelet clears it (COMMANDS B.7).
 */
export function nextRung(known: Known, looks: readonly RungLook[]): Ladder {
  const stay = (is: 'unclear' | 'look-again', because: string): Ladder => ({
    next: { is, because },
    climbed: known.climbed,
  });
  const look = looks.at(-1);
  if (look === undefined) return stay('unclear', `${known.node} was not looked at`);
  if (known.verdict.is === 'dark') {
    const because = 'the node does not let anybody in: nothing can be seen or ended there';
    return {
      next: { is: 'machine', because: known.verdict.because },
      climbed: ruleOut(known.climbed, because),
    };
  }
  const { scan, drivers, pods } = look;
  if (!scan.ok) return stay('look-again', `${known.node} could not be looked at: ${scan.says}`);
  if (!scan.value.root) return stay('unclear', `${known.node} was not scanned as root`);
  if (!drivers.ok)
    return stay('look-again', `the driver's pods could not be read: ${drivers.says}`);
  if (!pods.ok) return stay('look-again', `the pods of the node could not be read: ${pods.says}`);
  const untested = known.tried === undefined ? undefined : whyUntested(look.mount);
  if (untested !== undefined)
    return stay('unclear', `whether ${known.node} mounts again is not known: ${untested}`);
  const { tasks } = scan.value;
  return decide(known, {
    look,
    tasks,
    steady: looks.length < 2 ? undefined : steadyTasks(looks.slice(-2).map((it) => it.scan)),
    mayKill: killable(tasks, known.killed, drivers.value, pods.value),
  });
}

function decide(known: Known, seen: Seen): Ladder {
  const { look, tasks } = seen;
  const { tried, verdict, version } = known;
  const holders = nfsHolders(tasks, look.state);
  const mounts = stuckMounts(tasks);
  const works = look.mount?.ok === true && look.mount.value.is === 'mounted';
  const said = sayTry(version, look.mount);
  if (tried !== undefined && works && holders.length === 0 && mounts.length === 0) {
    return { next: afterClient(verdict, look, said), climbed: known.climbed };
  }
  const nothingHolds = holders.length === 0 && mounts.length === 0;
  if (killed(tried) && nothingHolds && seen.steady === undefined) {
    // The client comes back a moment after the task that held it up is gone: one test mount that was too early is no refusal.
    return {
      next: { is: 'look-again', because: `${said}; nothing holds it up any more` },
      climbed: known.climbed,
    };
  }
  const state = [
    ...holders.map(sayHolder),
    ...mounts.map(sayTask),
    ...(works || tried === undefined ? [] : [said]),
  ].join('; ');
  const climbed = passed(known, seen, state);
  const [holder] = holders;
  if (holder !== undefined) {
    const because = `${sayHolder(holder)}, which nothing but a reset clears`;
    return { next: { is: 'machine', because }, climbed: ruleOut(climbed, because) };
  }
  const because = tried === undefined ? verdict.because : state;
  const ladder = climb(known, seen, because, climbed);
  return verdict.is === 'kubelet' && ladder.next.is === 'machine'
    ? { ...ladder, next: { is: 'by-hand', because: whyByHand(ladder.climbed, because) } }
    : ladder;
}

const killed = (tried: Rung | undefined): boolean =>
  tried === 'kill-poisoner' || tried === 'kill-mounts';

/** The client is well: whether the node is depends on its kubelet where that was at fault. The driver is waited for later. */
function afterClient(verdict: Verdict, look: RungLook, said: string): NextRung {
  if (verdict.is !== 'kubelet') return { is: 'healed', because: said };
  switch (kubeletSays(look.kubelet)) {
    case 'well':
      return { is: 'healed', because: `the kubelet answers; ${said}` };
    case 'ill':
      return {
        is: 'by-hand',
        because: `${sayKubelet(look.kubelet)} after its restart too; ${said}`,
      };
    case 'unknown':
      return { is: 'look-again', because: sayKubelet(look.kubelet) };
  }
}

const whyByHand = (climbed: readonly Climbed[], because: string): string =>
  `${because}; its kubelet is not restarted: ${climbed.find((it) => it.rung === 'kubelet')?.because ?? 'unknown'}`;

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
  { mayKill }: Seen,
  state: string,
): readonly Climbed[] {
  if (tried === undefined || climbed.some((it) => it.rung === tried)) return climbed;
  const more =
    (tried === 'kill-mounts' && mayKill.length > 0) ||
    (tried === 'kill-poisoner' && mayKill.some(initiatesClient));
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
  seen: Seen,
  because: string,
) => NextRung | { readonly is: 'passed-over'; readonly why: string };

const over = (why: string) => ({ is: 'passed-over', why }) as const;

const killing =
  (rung: Rung, pick: (order: readonly Task[]) => Task | undefined, none: string): Rule =>
  ({ patience }, { mayKill }, because) => {
    const task = pick(mayKill);
    if (task === undefined) return over(none);
    return task.ageSeconds >= patience
      ? { is: 'kill', task, rung, because }
      : {
          is: 'look-again',
          because: `${sayTask(task)} for ${Math.round(task.ageSeconds)} s; it is given ${patience} s`,
        };
  };

const RULES: Readonly<Record<Rung, Rule>> = {
  'kill-poisoner': killing(
    'kill-poisoner',
    (order) => order.find(initiatesClient),
    'no mount.nfs that may be killed waits for the set-up of the client',
  ),
  'wait-lease': ({ verdict }, _, because) =>
    verdict.is === 'wedged' || verdict.is === 'stuck'
      ? { is: 'lease', because }
      : over(`a lease heals a wedged client, and this is another fault: ${verdict.because}`),
  'kill-mounts': killing(
    'kill-mounts',
    (order) => order[0],
    'no stuck mount.nfs is there that a signal ends',
  ),
  'csi-pod': ({ node }, { look }, because) => {
    if (kubeletSays(look.kubelet) !== 'well')
      return over('without a kubelet that answers, a deleted pod stays Terminating');
    const pod = look.drivers.ok ? look.drivers.value.find((it) => it.node === node) : undefined;
    return pod === undefined ? over(`no driver pod is on ${node}`) : { is: 'csi', pod, because };
  },
  kubelet: (known, seen, because) => {
    const why = kubeletForbidden(known, seen);
    if (why === undefined) {
      const { kubelet } = seen.look;
      const mainPid = kubelet.ok ? (kubelet.value.unit?.mainPid ?? 0) : 0;
      return { is: 'kubelet', mainPid, because };
    }
    return why.yet ? { is: 'look-again', because: why.says } : over(why.says);
  },
};

function climb(known: Known, seen: Seen, because: string, climbed: readonly Climbed[]): Ladder {
  const [rung] = RUNGS.filter((it) => !climbed.some((behind) => behind.rung === it));
  if (rung === undefined) return { next: { is: 'machine', because }, climbed };
  const word = RULES[rung](known, seen, because);
  return word.is === 'passed-over'
    ? climb(known, seen, because, [...climbed, { rung, is: 'ruled-out', because: word.why }])
    : { next: word, climbed };
}

/**
 * Why the kubelet must not be restarted; `undefined` where it may. Restarting it beside a stuck task turned it into a zombie
 * on 22 April (DOMAIN 2.0), so nothing may be in D or Z state, and the kernel must mount. A moment's wait for a disk is none: it
 * must stand in two looks. `yet`: that is not known yet.
 */
function kubeletForbidden(
  { verdict }: Known,
  { look, tasks, steady }: Seen,
): { readonly yet: boolean; readonly says: string } | undefined {
  const works = look.mount?.ok === true && look.mount.value.is === 'mounted';
  if (verdict.is !== 'kubelet' && !works)
    return { yet: false, says: 'a default mount does not work: the fault is below the kubelet' };
  switch (kubeletSays(look.kubelet)) {
    case 'well':
      return { yet: false, says: 'the kubelet answers: it is not what is wrong' };
    case 'unknown':
      return { yet: true, says: sayKubelet(look.kubelet) };
    case 'ill':
  }
  const blocked = (steady ?? tasks)[0];
  return blocked === undefined
    ? undefined
    : {
        yet: steady === undefined,
        says: `${blocked.comm} (pid ${blocked.pid}) is in ${blocked.state} state: beside it a restarted kubelet may become a zombie itself`,
      };
}
