import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { readStat } from '../harness/process-identity.ts';
import type { Undo } from '../harness/undo.ts';
import { identify } from '../harness/process-identity.ts';

/**
 * Makes itself the process to which orphans fall (PR_SET_CHILD_SUBREAPER, prctl(2)), runs a program in a process group of its
 * own, says its PID, and says `alone` once no descendant is left, whatever became of the program. Stays until its input ends.
 * SIGTERM kills that group.
 */
const KEEPER = String.raw`
use strict; use warnings;
$| = 1;
syscall(157, 36, 1, 0, 0, 0) == 0 or die "prctl: $!";
my $pid = fork // die "fork: $!";
if (!$pid) { setpgrp(0, 0); open(STDIN, '<', '/dev/null'); open(STDOUT, '>&', \*STDERR); exec @ARGV or die "exec: $!"; }
$SIG{TERM} = sub { kill 'KILL', -$pid };
print "$pid\n";
1 while wait() != -1 || $!{EINTR};
print "alone\n";
1 while <STDIN>;
`;

/** A kube-apiserver advertises the address of the default route, and does not start without one; this one leads nowhere. */
const READY = `
ip link set lo up
ip link add out type veth peer name nowhere
ip address add 192.0.2.1/24 dev out
ip link set out up
ip link set nowhere up
ip route add default via 192.0.2.2
mkdir -p /run/netns
mount -t tmpfs sre-e2e /run/netns
exec "$@"
`;

/** What a program left where it ran apart. */
export interface Leftovers {
  /** Network devices, without their numbers. */
  readonly links: readonly string[];
  readonly namespaces: readonly string[];
  readonly mounts: readonly string[];
}

/**
 * A program in network and mount namespaces that nothing else is in: what it leaves there is its own. Processes, files and
 * loop devices are the machine's, and its processes are told from others by their ancestor.
 */
export class Apart {
  /** The program, and the number of its process group. */
  readonly pid: number;
  readonly #keeper: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #alone: Promise<unknown>;
  #said: string;

  private constructor(
    keeper: ChildProcessByStdio<Writable, Readable, Readable>,
    pid: number,
    alone: Promise<unknown>,
  ) {
    this.#keeper = keeper;
    this.pid = pid;
    this.#alone = alone;
    this.#said = '';
    keeper.stderr.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString();
    });
  }

  static async run(
    undo: Undo,
    program: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Apart> {
    const enter = ['--net', '--mount', '--propagation', 'private'];
    const keep = ['sh', '-euc', READY, 'apart', 'perl', '-MErrno', '-e', KEEPER];
    const keeper = spawn('unshare', [...enter, ...keep, ...program], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    undo.remember({ kind: 'process', process: identify(keeper.pid) });
    const lines = createInterface({ input: keeper.stdout });
    const [pid] = (await once(lines, 'line')) as [string];
    return new Apart(keeper, Number(pid), once(lines, 'line'));
  }

  /** What it printed. */
  get said(): string {
    return this.#said;
  }

  /** Waits until no process is left of it; throws with those that are. */
  async alone(seconds: number): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), seconds * 1000);
    try {
      await Promise.race([
        this.#alone,
        once(late.signal, 'abort').then(async () => {
          throw new Error(
            `after ${seconds} s there are left:\n${(await this.processes()).join('\n')}`,
          );
        }),
      ]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Its processes, each with its number and its command line. */
  async processes(): Promise<readonly string[]> {
    const numbers = (await readdir('/proc')).filter((it) => /^\d+$/.test(it)).map(Number);
    const stats = (await Promise.all(numbers.map((it) => readStat(it)))).flatMap((it) => it ?? []);
    const below = (parent: number): readonly number[] =>
      stats.filter((it) => it.parent === parent).flatMap((it) => [it.pid, ...below(it.pid)]);
    return Promise.all(
      below(this.#keeper.pid ?? 0).map(async (pid) => {
        const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        return `${pid} ${stats.find((it) => it.pid === pid)?.state} ${words.replaceAll('\0', ' ')}`;
      }),
    );
  }

  /** What is there now. */
  async leftovers(): Promise<Leftovers> {
    const inside = async (...args: readonly string[]): Promise<readonly string[]> => {
      const enter = ['-t', String(this.#keeper.pid), '-n', '-m', ...args];
      const { stdout } = await execa('nsenter', enter);
      return stdout.split('\n').filter((line) => line !== '');
    };
    const links = await inside('ip', '-o', 'link');
    const mounts = await readFile(`/proc/${this.#keeper.pid}/mountinfo`, 'utf8');
    return {
      links: links.map((line) => line.split(' ')[1] ?? ''),
      namespaces: await inside('ip', 'netns', 'list'),
      mounts: mounts.split('\n').map((line) => line.split(' ').slice(3, 5).join(' ')),
    };
  }

  /** Kills what still runs of its group, and lets go of its namespaces once it is alone. */
  async close(): Promise<void> {
    const exited = once(this.#keeper, 'exit');
    this.#keeper.stdin.end();
    this.#keeper.kill('SIGTERM');
    await exited;
  }
}
