import { podCgroup } from '../harness/assumed.ts';
import { type NodeVolume, volumePath } from '../harness/node-volumes.ts';
import { until } from '../harness/until.ts';
import type { GuestShell } from './guest-shell.ts';

/** Credentials of a call are at most so long; the suite's are 24 to 40 bytes. */
const CREDENTIAL_BYTES = 200;
const TABLE = 'inet suite';

/** 32 bits of what a segment carries, at so many bytes. */
const at = (bytes: number): string => `@ih,${bytes * 8},32`;

/**
 * Rules that drop COMPOUNDs of one minor version and nothing else. A chain for each length of the credentials, behind which tag
 * and minor version stand, since nft follows no offsets (REALITY 4a; offsets of RFC 5531 and RFC 8881 behind the record mark).
 */
function dropOf(minor: number, whose: string): string {
  const lengths = Array.from({ length: CREDENTIAL_BYTES / 4 + 1 }, (_, i) => i * 4);
  const chains = lengths.map(
    (it) => `chain c${it} { ${at(44 + it)} 0 ${at(48 + it)} ${minor} counter drop; }`,
  );
  const call = `${at(8)} 0 ${at(16)} 100003 ${at(20)} 4 ${at(24)} 1 ${at(32)}`;
  const jumps = lengths.map((it) => `${it} : jump c${it}`).join(', ');
  return rules(`${whose} tcp dport 2049 ${call} vmap { ${jumps} };`, chains);
}

const rules = (rule: string, chains: readonly string[] = []): string =>
  [
    `table ${TABLE} {`,
    ...chains,
    'chain in { type filter hook input priority 0;',
    rule,
    '}',
    '}',
  ].join('\n');

const load = async (server: GuestShell, text: string): Promise<void> => {
  await server.run(`nft -f - <<'END'\n${text}\nEND`);
};

/** Whose calls are meant: those from a client, or those to one of the server's addresses. */
export type Calls = { readonly from: string } | { readonly to: string };

const match = (calls: Calls): string =>
  'from' in calls ? `ip saddr ${calls.from}` : `ip daddr ${calls.to}`;

/** The server does not hear version 4.2 in these calls any more; everything else it answers. */
export const dropVersion42 = (server: GuestShell, calls: Calls): Promise<void> =>
  load(server, dropOf(2, match(calls)));

/** The server does not even take a connection for nfsd. */
export const dropAll = (server: GuestShell, calls: Calls): Promise<void> =>
  load(server, rules(`${match(calls)} tcp dport 2049 counter drop;`));

/** It takes connections from everybody and answers no call of NFS: a server whose threads hang. */
export const hang = (server: GuestShell): Promise<void> =>
  load(server, rules(`tcp dport 2049 ${at(8)} 0 ${at(16)} 100003 counter drop;`));

/** Ends the threads of nfsd, so that nothing listens. */
export async function stopServer(server: GuestShell): Promise<void> {
  await server.run('rpc.nfsd 0');
}

/** Starts nfsd; for so many seconds it serves only clients that reclaim. */
export async function startServer(server: GuestShell, graceSeconds: number): Promise<void> {
  await server.run(`echo ${graceSeconds} >/proc/fs/nfsd/nfsv4gracetime; rpc.nfsd 4`);
}

/** Everything is heard again. */
export async function dropNothing(server: GuestShell): Promise<void> {
  await server.run(
    `if nft list table ${TABLE} >/dev/null 2>&1; then nft delete table ${TABLE}; fi`,
  );
}

/** A mount that was begun on a node and hangs. */
export interface HungMount {
  readonly pid: number;
  /** Whether it is still there, in whatever state. */
  isThere(): Promise<boolean>;
  state(): Promise<string>;
}

/** Gives a node a network namespace with an address of its own, as a container has one. */
export async function addNamespace(node: GuestShell, name: string, address: string): Promise<void> {
  await node.run(`
    modprobe macvlan
    ip netns add ${name}
    ip link add of-${name} link eth0 type macvlan mode bridge
    ip link set of-${name} netns ${name}
    ip -n ${name} address add ${address}/24 dev of-${name}
    ip -n ${name} link set of-${name} up`);
}

/**
 * Begins a mount on a node, as a person or a driver does, and leaves it; gives it once it is stuck in D. It may be begun in a
 * network namespace of the node.
 */
export async function leaveMount(
  node: GuestShell,
  server: string,
  options: string,
  namespace?: string,
): Promise<HungMount> {
  const before = await mountsOn(node);
  await node.leave(`
    dir=$(mktemp -d /run/left.XXXXXX)
    exec ${namespace === undefined ? '' : `ip netns exec ${namespace}`} \\
      mount -t nfs -o ${options} ${server}:/export "$dir"`);
  const pid = await until('a mount hangs', { seconds: 60, everyMs: 500 }, async () => {
    const [found] = (await mountsOn(node)).filter((it) => !before.includes(it));
    return found;
  });
  const stat = `cat /proc/${pid}/stat 2>/dev/null || :`;
  const state = async (): Promise<string> => / ([A-Z]) /.exec(await node.run(stat))?.[1] ?? '';
  return { pid, state, isThere: async () => (await state()) !== '' };
}

/** The PIDs of all `mount.nfs` in D that wait in NFS, not for a module. */
async function mountsOn(node: GuestShell): Promise<readonly number[]> {
  const text = await node.run(`
    for it in $(pgrep -x mount.nfs || :); do
      case $(cat /proc/$it/wchan 2>/dev/null) in rpc_* | nfs*) echo "$it" ;; esac
    done`);
  return text.split('\n').filter(Boolean).map(Number);
}

/** A pod's process on a node, and its volume on an NFS server. */
export interface Database {
  readonly pid: number;
  /** Its state and how many threads it has: `Z 2`. */
  state(): Promise<string>;
  /** Writes, and has a thread wait until the server has it all. */
  flush(): Promise<void>;
  kill(): Promise<void>;
}

/** Opens a file on NFS, waits until it is told to write, and then has a second thread wait for fsync(2). */
const DATABASE = `
use threads; use IO::Handle;
$0 = "mysqld";
open(my $file, ">", "$ARGV[0]/ibdata1") or die "open: $!";
sleep 1 until -e "$ARGV[1]";
threads->create(sub { $file->syswrite("x" x 4_000_000); $file->sync; sleep 1 while 1 })->detach;
sleep 1 while 1;
`;

/** Starts a database in the control group of its pod, over a volume of this server mounted with version 4.2. */
export async function startDatabase(
  node: GuestShell,
  volume: NodeVolume,
  server: string,
): Promise<Database> {
  const uid = volume.podUid;
  const path = volumePath(volume);
  const group = `/sys/fs/cgroup${podCgroup(uid).slice('0::'.length)}`;
  const go = `/run/flush-${uid}`;
  await node.run(`
    mkdir -p ${path} ${group}
    mount -t nfs -o nfsvers=4.2 ${server}:/export ${path}
    printf '%s' '${DATABASE}' >/run/mysqld.pl`);
  await node.leave(`echo $$ >${group}/cgroup.procs; exec perl /run/mysqld.pl ${path} ${go}`);
  const pid = await until('the database runs', { seconds: 60, everyMs: 500 }, async () => {
    return Number(await node.run(`test -e ${path}/ibdata1 && pgrep -x mysqld || :`)) || undefined;
  });
  const stat = `sed 's/.*) //' /proc/${pid}/stat | cut -d ' ' -f 1,18`;
  return {
    pid,
    state: () => node.run(stat),
    flush: async () => {
      await node.run(`touch ${go}`);
      await until('a thread waits', { seconds: 60, everyMs: 500 }, async () => {
        return (await node.run(`cat /proc/${pid}/task/*/stat`)).includes(') D ');
      });
    },
    kill: async () => {
      await node.run(`kill -KILL ${pid}`);
    },
  };
}
