import type { Observation } from '../../../src/runbook/observation.ts';
import type { NodeLease } from '../../../src/tools/kubectl/leases.ts';
import type { ServerAnswer } from '../../../src/tools/nfs/answer.ts';
import type { NfsClients } from '../../../src/tools/nfs/clients.ts';
import type { MountTry, NfsVersion } from '../../../src/tools/nfs/probe.ts';
import type { Kubelet } from '../../../src/tools/node/kubelet.ts';
import type { NfsState } from '../../../src/tools/node/nfs-state.ts';
import { initiatesClient } from '../../../src/tools/node/poisoner.ts';
import type { TaskScan } from '../../../src/tools/node/tasks.ts';
import type { Verdict } from '../facts.ts';
import { kubeletSays, leaseOf, sayKubelet } from './kubelet.ts';
import { nfsHolders, sayHolder, sayTask, steadyTasks, stuckMounts } from './stuck.ts';

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
 * path (COMMANDS B.7, decide 1). Nobody who can ask here is unknown, and not a yes. `undefined`: it answers here.
 */
function judgePath(target: string, control: string, look: CloseLook): Closer | undefined {
  const { here, there } = look;
  if (!here.ok) {
    return {
      is: 'unclear',
      because: `the NFS server could not be asked from ${target}: ${here.says}`,
    };
  }
  if (here.value.rpc === 'answers') return undefined;
  if (here.value.rpc === 'unknown' && here.value.tcp === 'open') {
    return { is: 'unclear', because: `${target} has nothing to ask the NFS server with` };
  }
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

/** A node as the server's client list may name it. */
interface Named {
  readonly name: string;
  readonly address: string;
}

const clientsOf = (clients: Observation<NfsClients> | undefined, node: Named) =>
  clients?.ok === true
    ? clients.value.clients.filter((it) => it.address === node.address || it.hostname === node.name)
    : undefined;

/** What the server says of this node's clients: the one independent witness (COMMANDS B.8). */
export function serversWord(
  clients: Observation<NfsClients> | undefined,
  node: Named,
): string | undefined {
  const mine = clientsOf(clients, node);
  if (mine === undefined) return undefined;
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
 * Whether the server has heard the node's 4.2 client within its lease: a wedged one does not renew. Good only once a lease has
 * passed since the fault; `undefined` where the server does not say.
 */
export function heardLately(
  clients: Observation<NfsClients> | undefined,
  node: Named,
): boolean | undefined {
  const seen = clientsOf(clients, node)?.filter((it) => it.minor === 2);
  const lease = clients?.ok === true ? clients.value.leaseSeconds : 0;
  if (seen === undefined || seen.length === 0) return undefined;
  return seen.some((it) => it.secondsSinceRenew !== undefined && it.secondsSinceRenew < lease);
}

/**
 * Reads two looks before anything is mounted: while a `mount.nfs` is in D state that is the answer, and another mount would only
 * join it (COMMANDS B.5). The rows of COMMANDS B.7 that need no test mount are decided here.
 */
export function judgeCloser(node: Named, control: string, looks: readonly CloseLook[]): Closer {
  const look = looks.at(-1);
  if (look === undefined) return { is: 'unclear', because: `${node.name} was not looked at` };
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
  const path = judgePath(node.name, control, look);
  if (path !== undefined) return path;
  const steady = steadyTasks(looks.map((it) => it.scan));
  const word = serversWord(look.clients, node);
  const also = word === undefined ? '' : `; ${word}`;
  const client = (is: Verdict['is'], because: string): Closer => ({
    is: 'client',
    verdict: { is, because: `${because}${also}` },
  });
  const [holder] = nfsHolders(steady, look.state);
  if (holder !== undefined) {
    return client(
      'dead-holder',
      `${sayHolder(holder)}: no signal ends it, and what it holds stays held until a reset`,
    );
  }
  const poisoner = steady.find(initiatesClient);
  if (poisoner !== undefined) {
    return client(
      'poisoned',
      `${sayTask(poisoner)} for the server's EXCHANGE_ID, and every new mount queues behind it`,
    );
  }
  const mounts = stuckMounts(steady);
  if (mounts.length > 0) {
    return client(
      'stuck',
      `${mounts.map(sayTask).join(', ')}, and none of them sets up the client: the client itself is wedged`,
    );
  }
  return {
    is: 'untried',
    because: `no mount is stuck on ${node.name} now: a test mount may be made${also}`,
  };
}

/** The versions that are tried: the default negotiates 4.2 where the server has it. */
const VERSIONS = ['4.1', '4.0', '3', 'default'] as const;

/**
 * Versions in the order of COMMANDS B.5: first those without a mount of this server, since their clients are fresh, and those in
 * use last, because only they can join a wedged client. Where the mounts could not be read, the usual order.
 */
export function probeOrder(state: Observation<NfsState>, server: string): readonly NfsVersion[] {
  const mounts = state.ok ? state.value.mounts.filter((it) => it.server === server) : [];
  const used = (version: NfsVersion): boolean =>
    mounts.length === 0
      ? version === 'default'
      : mounts.some((it) => it.version === (version === 'default' ? '4.2' : version));
  return [...VERSIONS.filter((it) => !used(it)), ...VERSIONS.filter(used)];
}

/** Test mounts on the node, each with its version and in the order they were made, and one on the control. */
export interface Tries {
  readonly tries: readonly (readonly [version: NfsVersion, Observation<MountTry>])[];
  readonly control: Observation<MountTry>;
  readonly kubelet: Observation<Kubelet>;
  readonly lease: Observation<NodeLease | undefined>;
  readonly clients: Observation<NfsClients> | undefined;
}

/** What the table of COMMANDS B.7 says of the tries. */
export type Table =
  /** `version` is the one that hangs, and by which it is seen whether the client is healed. */
  | { readonly is: 'client'; readonly verdict: Verdict; readonly version: NfsVersion }
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
      return `${version}: mounted in ${value.seconds.toFixed(1)} s${value.undone ? '' : ', and it could not be taken back'}`;
    case 'hung':
      return `${version}: hung, killed after ${Math.round(value.seconds)} s${value.left === undefined ? '' : ` (its mount.nfs, pid ${value.left.pid}, is still there)`}`;
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

/** Whether the control mounts: what hangs or fails there too is no client's fault. A plan mounts nothing, and says so. */
export function judgeControl(
  control: string,
  mount: Observation<MountTry> | undefined,
): { readonly is: 'works' | 'server' | 'unclear'; readonly because: string } {
  const said = `on ${control}, ${sayTry('default', mount)}`;
  if (mount === undefined)
    return { is: 'unclear', because: 'the inventory names no nfs.export for a test mount' };
  if (!mount.ok)
    return mount.why === 'withheld'
      ? { is: 'works', because: 'not measured: a plan mounts nothing' }
      : { is: 'unclear', because: said };
  switch (mount.value.is) {
    case 'mounted':
      return { is: 'works', because: said };
    case 'hung':
    case 'failed':
      return { is: 'server', because: `the control cannot mount either: ${said}` };
    case 'busy':
    case 'locked':
      return { is: 'unclear', because: `the control gives nothing to compare with: ${said}` };
  }
}

/** A node that mounts every version: well, or with a kubelet that has stopped. `now` in milliseconds. */
function judgeKubelet(node: string, look: Tries, said: string, now: number): Table {
  const lease = leaseOf(look.lease, now);
  if (lease.is === 'fresh') return { is: 'fine', because: said };
  const because = `${node} mounts at once, ${lease.says}, and ${sayKubelet(look.kubelet)}; ${said}`;
  return kubeletSays(look.kubelet) === 'ill' && lease.is === 'stale'
    ? { is: 'client', verdict: { is: 'kubelet', because }, version: 'default' }
    : { is: 'unclear', because };
}

/** Reads the differential table (COMMANDS B.7): where the control cannot mount either, no client is at fault. */
export function judgeTable(node: Named, control: string, look: Tries, now: number): Table {
  const word = serversWord(look.clients, node);
  const said = [
    ...look.tries.map(([version, it]) => sayTry(version, it)),
    `on ${control}, ${sayTry('default', look.control)}`,
    ...(word === undefined ? [] : [word]),
  ].join('; ');
  const there = judgeControl(control, look.control);
  if (there.is !== 'works' || outcome(look.control) !== 'mounted')
    return { is: there.is === 'server' ? 'server' : 'unclear', because: said };
  const those = (is: MountTry['is']): readonly NfsVersion[] =>
    look.tries.flatMap(([version, it]) => (outcome(it) === is ? [version] : []));
  const [mounted, hung] = [those('mounted'), those('hung')];
  const [first] = hung;
  if (first !== undefined) {
    return mounted.length > 0
      ? {
          is: 'client',
          version: first,
          verdict: {
            is: 'wedged',
            because: `mounts work in ${mounted.join(', ')} and hang in ${hung.join(', ')}: the node's own client is wedged; ${said}`,
          },
        }
      : { is: 'again', because: `no version mounts on ${node.name}; ${said}` };
  }
  if (those('busy').length > 0) return { is: 'again', because: said };
  const main = look.tries.find(([version]) => version === 'default')?.[1];
  if (main?.ok === true && main.value.is === 'mounted')
    return judgeKubelet(node.name, look, said, now);
  if (main?.ok === true && main.value.is === 'failed') {
    return unreached(main.value)
      ? { is: 'path', because: `${node.name} cannot reach what ${control} reaches: ${said}` }
      : { is: 'server', because: `the server refuses this mount: ${said}` };
  }
  return { is: 'unclear', because: said };
}

const unreached = ({ reason, says }: Extract<MountTry, { is: 'failed' }>): boolean =>
  ['refused', 'timed-out', 'no-reply'].includes(reason) ||
  /no route to host|unreachable/i.test(says);
