import { spawn } from 'node:child_process';
import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { greets } from './greeting.ts';
import type { NodeNetwork } from './network.ts';
import { BOOT_SCRIPT, NODE_FOLDER } from './node-boot.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';
import { undo as undoStep } from './undo-step.ts';
import type { Undo } from './undo.ts';
import { until } from './until.ts';

/** The folders of a node that live through its reset. */
export const DISK_FOLDERS = ['bin', 'var-lib', 'var-log'] as const;

/**
 * A node host. Real: its network, PID, mount, UTS and IPC namespaces, its /proc and boot ID, its
 * OpenSSH server, a reset that kills all and starts again. Shared with the machine, unlike in a VM:
 * the kernel with its log and load, and all files but /root, /run, /tmp, /var/lib and /var/log.
 */
export class LabNode {
  readonly name: string;
  readonly network: NodeNetwork;
  readonly #undo: Undo;
  readonly #disk: string;
  #init: ProcessIdentity | undefined;
  #greets = false;
  #aheadMs = 0;

  /** `disk` holds `host_key`, `authorized_keys` and the folders of `DISK_FOLDERS`. */
  constructor(undo: Undo, name: string, network: NodeNetwork, disk: string) {
    this.#undo = undo;
    this.name = name;
    this.network = network;
    this.#disk = disk;
  }

  get address(): string {
    return this.network.address;
  }

  /** The hardware address of its `eth0`, in lower case. */
  mac(): Promise<string> {
    return this.network.mac();
  }

  /** Whether it has booted: before that, its boot ID is that of the machine. */
  get isOn(): boolean {
    return this.#greets;
  }

  /** The PID of the node's init as the machine sees it. */
  get init(): number {
    if (this.#init === undefined) throw new Error(`${this.name} is off`);
    return this.#init.pid;
  }

  /** Starts the node and waits until its sshd greets. */
  async powerOn(): Promise<void> {
    const log = await open(join(this.#disk, 'sshd.log'), 'a');
    const namespaces = ['--pid', '--fork', '--kill-child', '--mount-proc', '--uts', '--ipc'];
    const boot = ['sh', '-c', BOOT_SCRIPT, 'boot', this.name, this.#disk, this.address];
    const child = spawn(
      'ip',
      ['netns', 'exec', this.network.namespace, 'unshare', ...namespaces, ...boot],
      { detached: true, stdio: ['ignore', log.fd, log.fd] },
    );
    child.unref();
    const outer = identify(child.pid);
    this.#undo.remember({ kind: 'process', process: outer });
    await log.close();
    const init = await until(`${this.name} has an init`, { seconds: 10, everyMs: 5 }, async () => {
      const children = `/proc/${outer.pid}/task/${outer.pid}/children`;
      const [pid] = (await readFile(children, 'utf8')).split(' ');
      return pid === undefined || pid === '' ? undefined : identify(Number(pid));
    });
    this.#undo.remember({ kind: 'node', init });
    this.#init = init;
    await until(`sshd of ${this.name} greets`, { seconds: 20, everyMs: 20 }, async () => {
      if (!(await isRunning(init))) throw new Error(await this.sshdLog());
      return this.network.behind === undefined ? greets(this.address) : this.#greetsInside();
    });
    this.#greets = true;
  }

  /** Kills everything in the node at once, as pulling its plug does. Its disk and addresses stay. */
  async powerOff(): Promise<void> {
    if (this.#init === undefined) return;
    this.#greets = false;
    await undoStep({ kind: 'node', init: this.#init });
    this.#init = undefined;
  }

  /** What a reset of the VM does: all processes die, the boot ID is new, the disk is kept. */
  async reset(): Promise<void> {
    await this.powerOff();
    await this.powerOn();
  }

  /** Runs a shell script inside the node as root, not over SSH; gives its output. */
  async run(script: string): Promise<string> {
    return this.exec('sh', '-euc', `cd /\n${script}`);
  }

  /** Runs a program inside the node as root, not over SSH; gives its output. */
  async exec(file: string, ...args: readonly string[]): Promise<string> {
    const enter = ['-t', String(this.init), '-m', '-u', '-i', '-n', '-p', file, ...args];
    const { stdout } = await execa('nsenter', enter, { stdin: 'ignore', timeout: 30_000 });
    return stdout;
  }

  /** The node's file seen from outside. A path through an absolute symbolic link leaves the node. */
  path(inside: string): string {
    return join(`/proc/${this.init}/root`, inside);
  }

  /** The text of a file of the node, files of its /proc included. */
  async read(inside: string): Promise<string> {
    return readFile(this.path(inside), 'utf8');
  }

  /** Writes a file of the node; only below /run, /tmp, /var/lib and /var/log it is its own. */
  async write(inside: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(inside)), { recursive: true });
    await writeFile(this.path(inside), text);
  }

  /** Puts a command first in the PATH of SSH sessions, for what a node has and this machine not. */
  async addCommand(name: string, script: string): Promise<void> {
    const inside = `${NODE_FOLDER}/bin/${name}`;
    await this.write(inside, script);
    await chmod(this.path(inside), 0o755);
  }

  /** The time as this node has it. */
  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  /**
   * Sets the node's clock. A wall clock is not namespaced, so it is not the kernel's: commands of SSH sessions get the
   * time from a `date` that is this much ahead (behind where negative), and what the suite writes into the node's logs
   * is dated so.
   */
  async setClock(aheadMs: number): Promise<void> {
    const moved = `exec /bin/date -d '${aheadMs / 1000} seconds' "$@"`;
    await this.addCommand('date', `#!/bin/sh\n${moved}\n`);
    this.#aheadMs = aheadMs;
  }

  async bootId(): Promise<string> {
    return (await this.read('/proc/sys/kernel/random/boot_id')).trim();
  }

  async sshdLog(): Promise<string> {
    return readFile(join(this.#disk, 'sshd.log'), 'utf8');
  }

  /** Whether its sshd greets whoever asks in the node itself. */
  async #greetsInside(): Promise<boolean> {
    const ask = 'exec 3<>"/dev/tcp/$1/22" && read -r -t 2 line <&3 && [ -n "$line" ]';
    const inside = [
      'netns',
      'exec',
      this.network.namespace,
      'bash',
      '-c',
      ask,
      'ask',
      this.address,
    ];
    return (await execa('ip', inside, { reject: false, timeout: 5000 })).exitCode === 0;
  }
}
