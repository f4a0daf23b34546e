import { kubeletWell } from '../../../src/deeds/restart-kubelet.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { MountTry, NfsVersion } from '../../../src/tools/nfs/probe.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { NfsState } from '../../../src/tools/node/nfs-state.ts';
import { holdsDead, initiatesClient } from '../../../src/tools/node/poisoner.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import type { Verdict } from '../facts.ts';
import { isMount, sayTask } from './survey.ts';

/** A closer look at one node that changes nothing, and the server's own word. */
export interface CloseLook {
  readonly scan: Observation<TaskScan>;
  readonly state: Observation<NfsState>;
  readonly kubelet: Observation<Kubelet>;
  readonly here: Observation<ServerAnswer>;
  readonly there: Observation<ServerAnswer>;
  readonly clients: Observation<NfsClients> | undefined;
}

/** What a look that only reads already decides. */
export type Closer =
  | { readonly is: 'client'; readonly verdict: Verdict }
  | { readonly is: 'untried'; readonly because: string }
  | { readonly is: 'server'; readonly because: string }
  | { readonly is: 'path'; readonly because: string }
  | { readonly is: 'unclear'; readonly because: string };

const say = (answer: ServerAnswer): string => `TCP ${answer.tcp}, RPC ${answer.rpc}`;

/**
 * Whether the server answers a NULL call here and on the control: bad in both places is the server, bad here alone is the
 * path (COMMANDS B.7, decide 1). `undefined` where it answers here, or nobody here can ask.
 */
function judgePath(target: string, control: string, look: CloseLook): Closer | undefined {
  const { here, there } = look;
  if (!here.ok || here.value.rpc === 'answers' || here.value.rpc === 'unknown') return undefined;
  if (!there.ok || there.value.rpc === 'unknown') {
    return {
      is: 'unclear',
      because: `the NFS server does not answer ${target} (${say(here.value)}), and from ${control} it could not be asked: ${there.ok ? 'nothing to ask with' : there.says}`,
    };
  }
  return there.value.rpc === 'answers'
    ? {
        is: 'path',
        because: `the NFS server answers ${control} and not ${target} (${say(here.value)}): that is the path, not the client`,
      }
    : {
        is: 'server',
        because: `the NFS server answers neither ${target} (${say(here.value)}) nor ${control} (${say(there.value)})`,
      };
}

/** What the server says of this node's clients: the one independent witness (COMMANDS B.8). */
export function serversWord(
  clients: Observation<NfsClients> | undefined,
  node: { readonly name: string; readonly address: string },
): string | undefined {
  if (clients?.ok !== true) return undefined;
  const mine = clients.value.clients.filter(
    (it) => it.address === node.address || it.hostname === node.name,
  );
  if (mine.length === 0) return 'the server knows no client of it';
  return mine
    .map((it) => {
      const since =
        it.secondsSinceRenew === undefined ? '' : `, last heard ${it.secondsSinceRenew} s ago`;
      return `the server's 4.${it.minor} client of it is ${it.status}${since}`;
    })
    .join('; ');
}

/**
 * Reads the scan before anything is mounted: while a `mount.nfs` is in D state that is the answer, and another mount would
 * only join it (COMMANDS B.5). The rows of COMMANDS B.7 that need no test mount are decided here.
 */
export function judgeCloser(
  node: { readonly name: string; readonly address: string },
  control: string,
  look: CloseLook,
): Closer {
  const path = judgePath(node.name, control, look);
  if (path !== undefined) return path;
  if (!look.scan.ok) {
    return {
      is: 'client',
      verdict: { is: 'dark', because: `${node.name} does not let anybody look: ${look.scan.says}` },
    };
  }
  if (!look.scan.value.root) {
    return {
      is: 'unclear',
      because: `${node.name} was not scanned as root: stacks and wait channels are missing`,
    };
  }
  const { tasks } = look.scan.value;
  const word = serversWord(look.clients, node);
  const also = word === undefined ? '' : `; ${word}`;
  const holder = tasks.find(holdsDead);
  if (holder !== undefined) {
    return {
      is: 'client',
      verdict: {
        is: 'dead-holder',
        because: `${sayTask(holder)}: no signal ends it, and what it holds stays held until a reset${also}`,
      },
    };
  }
  const poisoner = tasks.find(initiatesClient);
  if (poisoner !== undefined) {
    return {
      is: 'client',
      verdict: {
        is: 'poisoned',
        because: `${sayTask(poisoner)} for the server's EXCHANGE_ID, and every new mount queues behind it${also}`,
      },
    };
  }
  const mounts = tasks.filter((task) => isMount(task) && task.state === 'D');
  if (mounts.length > 0) {
    return {
      is: 'client',
      verdict: {
        is: 'stuck',
        because: `${mounts.map(sayTask).join(', ')}, and none of them sets up the client: the client itself is wedged${also}`,
      },
    };
  }
  return {
    is: 'untried',
    because: `no mount is stuck on ${node.name} now: a test mount may be made${also}`,
  };
}

/** The versions that are tried besides the default one, which is what the node's mounts use. */
const OTHERS = ['4.1', '4.0', '3'] as const;

/**
 * Versions in the order of COMMANDS B.5: first those without a mount of this server, since their clients are fresh, and the
 * one in use last, because only that one can join a wedged client. Where the mounts could not be read, the usual order.
 */
export function probeOrder(state: Observation<NfsState>, server: string): readonly NfsVersion[] {
  const mounts = state.ok ? state.value.mounts.filter((it) => it.server === server) : [];
  const used = (version: NfsVersion): boolean => mounts.some((it) => it.version === version);
  return [...OTHERS.filter((it) => !used(it)), ...OTHERS.filter(used), 'default'];
}

/** Test mounts on the node, one for each version, and one on the control. */
export interface Tries {
  readonly tries: Readonly<Record<string, Observation<MountTry>>>;
  readonly control: Observation<MountTry>;
  readonly kubelet: Observation<Kubelet>;
}

/** What the table of COMMANDS B.7 says of the tries. */
export type Table =
  | { readonly is: 'client'; readonly verdict: Verdict }
  | { readonly is: 'fine'; readonly because: string }
  | { readonly is: 'again'; readonly because: string }
  | { readonly is: 'server'; readonly because: string }
  | { readonly is: 'path'; readonly because: string }
  | { readonly is: 'unclear'; readonly because: string };

/** How one test mount reads on a screen. */
export function sayTry(version: string, it: Observation<MountTry> | undefined): string {
  if (it === undefined) return `${version}: not tried`;
  if (!it.ok) return `${version}: unknown (${it.says})`;
  const { value } = it;
  switch (value.is) {
    case 'mounted':
      return `${version}: mounted in ${value.seconds.toFixed(1)} s`;
    case 'hung':
      return `${version}: hung, killed after ${Math.round(value.seconds)} s`;
    case 'failed':
      return `${version}: failed in ${value.seconds.toFixed(1)} s (${value.says})`;
    case 'busy':
      return `${version}: not tried, mount.nfs (pid ${value.task.pid}) is stuck`;
    case 'locked':
      return `${version}: not tried, another test mount is under way`;
  }
}

const outcome = (it: Observation<MountTry> | undefined): MountTry['is'] | 'unknown' =>
  it?.ok === true ? it.value.is : 'unknown';

const sayKubelet = (it: Observation<Kubelet>): string => {
  if (!it.ok) return `its kubelet could not be looked at: ${it.says}`;
  const { healthz } = it.value;
  return `its kubelet's health endpoint ${healthz.is === 'status' ? `answers ${healthz.status}` : healthz.is === 'refused' ? 'refuses connections' : healthz.is === 'silent' ? 'takes the connection and says nothing' : 'could not be asked'}`;
};

/** Reads the differential table (COMMANDS B.7): where the control cannot mount either, no client is at fault. */
export function judgeTable(node: string, control: string, look: Tries): Table {
  const said = [
    ...Object.entries(look.tries).map(([version, it]) => sayTry(version, it)),
    `on ${control}, ${sayTry('default', look.control)}`,
  ].join('; ');
  const there = outcome(look.control);
  if (there !== 'mounted') {
    return there === 'failed'
      ? { is: 'server', because: `the control cannot mount either: ${said}` }
      : { is: 'unclear', because: `the control gives nothing to compare with: ${said}` };
  }
  const main = look.tries['default'];
  const others = Object.entries(look.tries).filter(([version]) => version !== 'default');
  const mounted = others.filter(([, it]) => outcome(it) === 'mounted').map(([version]) => version);
  switch (outcome(main)) {
    case 'mounted':
      return kubeletWell(look.kubelet)
        ? { is: 'fine', because: said }
        : {
            is: 'client',
            verdict: {
              is: 'kubelet',
              because: `${node} mounts at once, and ${sayKubelet(look.kubelet)}; ${said}`,
            },
          };
    case 'hung':
      return mounted.length > 0
        ? {
            is: 'client',
            verdict: {
              is: 'wedged',
              because: `version ${mounted.join(' and ')} mounts and the default hangs: the node's own client is wedged; ${said}`,
            },
          }
        : { is: 'again', because: `no version mounts on ${node}; ${said}` };
    case 'busy':
      return { is: 'again', because: said };
    case 'failed': {
      const reason = main?.ok === true && main.value.is === 'failed' ? main.value.reason : 'other';
      return reason === 'refused' || reason === 'timed-out' || reason === 'no-reply'
        ? { is: 'path', because: `${node} cannot reach what ${control} reaches: ${said}` }
        : { is: 'server', because: `the server refuses this mount: ${said}` };
    }
    case 'locked':
    case 'unknown':
      return { is: 'unclear', because: said };
  }
}
