import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { assume } from './assumed.ts';
import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';
import { ownDisk } from './node-disk.ts';
import { type NodeTask, taskOf } from './node-task.ts';
import { identify } from './process-identity.ts';
import { Steered } from './steered.ts';
import type { TcpWays } from './tcp-way.ts';
import type { Undo } from './undo.ts';
import { until } from './until.ts';

/** A server of a raft, as its configuration names it. */
export interface MemberSpec {
  /** The program (`components.ts`). */
  readonly vault: string;
  /** Its pod's name and its node ID in the raft. */
  readonly name: string;
  /** The address of its pod. */
  readonly address: string;
  /** The addresses of all, whom it asks to be joined. */
  readonly peers: readonly string[];
  /** Its ports are a TCP proxy's, which stands while the server is down too. */
  readonly proxied: boolean;
}

/** Where a node has the program; its processes are called so. */
const PROGRAM = '/var/lib/sre-e2e/vault';

export const API_PORT = 8200;
export const CLUSTER_PORT = 8201;
/** Behind a proxy it listens this much higher. */
const BEHIND = 100;

interface Running {
  readonly child: ChildProcess;
  readonly podUid: string;
  readonly task: NodeTask;
}

/**
 * A real Vault with integrated storage in the namespaces of a node, on a file system of its own, so that its storage can be
 * frozen under it, and behind a TCP proxy, so that the way to it can be slow or silent. Its log goes where the container
 * runtime would put it. Assumed: its cgroup.
 */
export class VaultMember {
  readonly name: string;
  readonly address: string;
  readonly #undo: Undo;
  readonly #node: LabNode;
  readonly #spec: MemberSpec;
  readonly #proxy: Steered<TcpWays> | undefined;
  #running: Running | undefined;
  #frozen = false;

  private constructor(undo: Undo, node: LabNode, spec: MemberSpec, proxy?: Steered<TcpWays>) {
    this.name = spec.name;
    this.address = spec.address;
    this.#undo = undo;
    this.#node = node;
    this.#spec = spec;
    this.#proxy = proxy;
  }

  /** Lays out its disk, its program, its configuration and the way to it; it does not run yet. */
  static async prepare(undo: Undo, node: LabNode, spec: MemberSpec): Promise<VaultMember> {
    await node.write(configFileOf(spec), configOf(spec));
    await node.run(ownDisk(diskOf(spec), 256));
    // A node does not see the cache of whoever built it.
    await mkdir(dirname(node.path(PROGRAM)), { recursive: true });
    // A copy made in this process is open for writing in whatever it forks meanwhile, and then cannot be started: ETXTBSY.
    await execa('cp', ['--preserve=mode', spec.vault, node.path(PROGRAM)], { timeout: 60_000 });
    if (!spec.proxied) return new VaultMember(undo, node, spec);
    const ports = [API_PORT, CLUSTER_PORT].map((port) => `${port}:${port + BEHIND}`);
    const proxy = await Steered.start<TcpWays>(node, 'tcp-proxy-server.ts', [
      spec.address,
      ...ports,
    ]);
    return new VaultMember(undo, node, spec, proxy);
  }

  /** Kills it, and starts it anew on the same data: sealed, as after a power cut. */
  async restart(): Promise<void> {
    const { podUid } = this.#alive;
    await this.kill();
    await this.launch(podUid);
  }

  /** Kills it, and leaves it dead. */
  async kill(): Promise<void> {
    const over = once(this.#alive.child, 'close');
    await this.signal('KILL');
    await over;
  }

  /** What its own client needs in its environment, as the container has it. */
  get clientEnv(): Readonly<Record<string, string>> {
    const address = `http://${this.address}:${API_PORT}`;
    return { VAULT_ADDR: address, PATH: `${dirname(PROGRAM)}:/usr/sbin:/usr/bin:/sbin:/bin` };
  }

  /** A command in the place of its container: its node, with its own client. */
  inPlace(argv: readonly string[]): readonly [string, ...string[]] {
    const enter = ['-t', String(this.#node.init), '-m', '-u', '-i', '-n', '-p'];
    const env = Object.entries(this.clientEnv).map(([name, value]) => `${name}=${value}`);
    return ['nsenter', ...enter, 'env', ...env, 'HOME=/root', ...argv];
  }

  /** Its main thread. */
  get task(): NodeTask {
    return this.#alive.task;
  }

  get #alive(): Running {
    if (this.#running === undefined) throw new Error(`${this.name} does not run`);
    return this.#running;
  }

  /** Whether any thread of it is left. */
  async isThere(): Promise<boolean> {
    return (await this.#running?.task.isThere()) ?? false;
  }

  /** Sends it a signal. */
  async signal(name: 'TERM' | 'KILL'): Promise<void> {
    const { child, task } = this.#alive;
    await this.#node.run(`kill -${name} ${task.pid}`);
    // Where the server was stopped, its parent is too, and would leave it a zombie.
    if (name === 'KILL') child.kill('SIGCONT');
  }

  /** What happens to what comes to its ports; where nothing is said of one, it passes. */
  async wayIn(ways: TcpWays): Promise<void> {
    if (this.#proxy === undefined) throw new Error(`no proxy is in the way to ${this.name}`);
    await this.#proxy.become(ways);
  }

  /** Starts it as the process of a pod, and waits until it answers: sealed, and at first not initialised or not joined. */
  async launch(podUid: string): Promise<void> {
    const [node, spec] = [this.#node, this.#spec];
    const logFile = logOf(spec.name, podUid);
    await node.write(logFile, '');
    const enter = ['-t', String(node.init), '-m', '-u', '-i', '-n', '-p'];
    const server = [PROGRAM, 'server', `-config=${configFileOf(spec)}`];
    const child = spawn('nsenter', [...enter, ...server], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.once('error', () => undefined);
    // It stops itself with the server, and a node does not end before it: a run that is cut short ends it first.
    this.#undo.remember({ kind: 'process', process: identify(child.pid) });
    const log = (line: string): void => {
      const at = new Date().toISOString().replace('Z', '000000Z');
      // The node may be gone while its last words come.
      void appendFile(node.path(logFile), `${at} stdout F ${line}\n`).catch(() => undefined);
    };
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', log);
    try {
      const pid = await until(`${spec.name} runs`, { seconds: 30 }, () => childOf(child.pid));
      await assume(node, pid, pid, { cgroupOf: podUid });
      this.#running = { child, podUid, task: await taskOf(node, pid, pid) };
      await until(`${spec.name} answers`, { seconds: 30, everyMs: 100 }, async () => {
        return (await this.get('sys/seal-status')) !== undefined;
      });
    } catch (cause) {
      const said = await readFile(node.path(logFile), 'utf8');
      throw new Error(`${spec.name} did not start; it said:\n${said.slice(-2000)}`, { cause });
    }
  }

  /** Asks it over HTTP from the machine: the status and the body, or nothing where none came within 2 s. */
  async get(path: string, token?: string): Promise<VaultAnswer | undefined> {
    return this.#ask('GET', path, token);
  }

  /** Changes something in the same way, within 30 s. */
  async put(path: string, body: unknown, token?: string): Promise<VaultAnswer | undefined> {
    return this.#ask('PUT', path, token, body);
  }

  async #ask(
    method: string,
    path: string,
    token?: string,
    body?: unknown,
  ): Promise<VaultAnswer | undefined> {
    try {
      const response = await fetch(`http://${this.address}:${API_PORT}/v1/${path}`, {
        method,
        headers: token === undefined ? {} : { 'x-vault-token': token },
        signal: AbortSignal.timeout(body === undefined ? 2000 : 30_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        code: response.status,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
    } catch {
      return undefined;
    }
  }

  /** Freezes the file system of its raft: whoever writes there waits in D, and its heartbeats go on. */
  async freezeStorage(): Promise<void> {
    await this.#node.run(`fsfreeze -f ${diskOf(this.#spec)}`);
    this.#frozen = true;
  }

  /** Waits until a thread of it is in D, for its frozen storage, and lays over that what NFS would show. Assumed: the wchan. */
  async waitsAsForNfs(): Promise<NodeTask> {
    const { podUid, task } = this.#alive;
    const { pid } = task;
    return until(`${this.name} waits for its storage`, { seconds: 30 }, async () => {
      const stats = await this.#node.run(`cat /proc/${pid}/task/*/stat`);
      const tid = /^(\d+) \(.*\) D /m.exec(stats)?.[1];
      if (tid === undefined) return undefined;
      await assume(this.#node, pid, Number(tid), {
        wchan: 'folio_wait_bit_common',
        cgroupOf: podUid,
      });
      return taskOf(this.#node, pid, Number(tid));
    });
  }

  /** Lets the storage go on, if it is frozen. */
  async thawStorage(): Promise<void> {
    if (!this.#frozen) return;
    await this.#node.run(`fsfreeze -u ${diskOf(this.#spec)}`);
    this.#frozen = false;
  }

  /** Stops the process whole, as a debugger does: its heartbeats stop too. */
  async stop(): Promise<void> {
    const { child, task } = this.#alive;
    // It watches the server, stops itself when that does, and lets it go on when it goes on itself (nsenter.c).
    child.kill('SIGSTOP');
    await this.#node.run(`kill -STOP ${task.pid}`);
    await until(`${this.name} is stopped`, { seconds: 5 }, async () => {
      return / T /.test(await this.#node.run(`cat /proc/${task.pid}/stat`));
    });
  }

  /** Lets a stopped process go on. */
  async goOn(): Promise<void> {
    const { child, task } = this.#alive;
    await this.#node.run(`kill -CONT ${task.pid}`);
    child.kill('SIGCONT');
  }
}

/** The number that a process's first child has in its own PID namespace (proc_pid_status(5), NSpid). */
async function childOf(pid: number | undefined): Promise<number | undefined> {
  const [child = ''] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ');
  if (child === '') return undefined;
  const status = await readFile(`/proc/${child}/status`, 'utf8');
  const inside = /^NSpid:.*\t(\d+)$/m.exec(status)?.[1];
  return inside === undefined ? undefined : Number(inside);
}

/** What Vault said: an HTTP status and a JSON object. */
export interface VaultAnswer {
  readonly code: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const diskOf = ({ name }: MemberSpec): string => `${NODE_FOLDER}/frozen/${name}`;
const configFileOf = ({ name }: MemberSpec): string => `${NODE_FOLDER}/${name}.hcl`;
const logOf = (name: string, podUid: string): string =>
  `/var/log/pods/vault_${name}_${podUid}/vault/0.log`;

const configOf = (spec: MemberSpec): string => {
  const behind = spec.proxied ? BEHIND : 0;
  return `
ui = false
disable_mlock = true
api_addr = "http://${spec.address}:${API_PORT}"
cluster_addr = "https://${spec.address}:${CLUSTER_PORT}"
listener "tcp" {
  address = "${spec.address}:${API_PORT + behind}"
  cluster_address = "${spec.address}:${CLUSTER_PORT + behind}"
  tls_disable = 1
}
storage "raft" {
  path = "${diskOf(spec)}"
  node_id = "${spec.name}"
${spec.peers.map((it) => `  retry_join { leader_api_addr = "http://${it}:${API_PORT}" }`).join('\n')}
}
`;
};
