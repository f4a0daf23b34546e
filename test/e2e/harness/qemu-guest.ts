import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { bootIdOf } from './boot-id.ts';
import { startDaemon } from './daemon.ts';
import { greets } from './greeting.ts';
import type { GuestImage } from './guest-image.ts';
import type { GuestPort } from './network.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import { qmp } from './qmp.ts';
import { makeKey, type SshHost } from './ssh-material.ts';
import { type StandIn, writeStandIn } from './stand-in.ts';
import { undo as undoStep } from './undo-step.ts';
import type { Undo } from './undo.ts';
import { until } from './until.ts';

/** What a guest is made from. */
export interface GuestSpec {
  readonly name: string;
  readonly image: GuestImage;
  readonly port: GuestPort;
  /** The SMBIOS UUID. */
  readonly uuid: string;
  /** The public key of the client that may log in as root. */
  readonly authorizedKey: string;
  /** A further monitor, where something else than the suite is to speak to it. */
  readonly monitor?: string;
  readonly standIns?: readonly StandIn[];
  /** Files in /run/node of the guest, by their names. */
  readonly files?: Readonly<Record<string, string>>;
  /** A script beside boot.sh that is run in place of setting the address: what the guest is besides a host. */
  readonly extra?: 'nfs-server';
}

/** From a start until sshd greets takes 13 to 50 s, and longer on a machine with other work. */
const BOOT_SECONDS = 240;

/** Instructions that an emulator has to work hard for are left out: the guest's libraries would take them. */
const CPU = 'qemu64,+rdrand';

/** What defends a kernel and costs an emulator time is off. */
const KERNEL_ARGUMENTS =
  'console=ttyS0 quiet net.ifnames=0 rdinit=/init mitigations=off init_on_alloc=0 hardened_usercopy=off ' +
  'randomize_kstack_offset=off tsc=reliable no_timer_check nowatchdog audit=0';

/**
 * A machine has processors of its own; emulated beside other work, one that gets none looks like a node that does not answer.
 * Where this may not be raised, `nice` says so and goes on.
 */
const NICENESS = '-10';

const QEMU = 'qemu-system-x86_64';
const GUEST = join(import.meta.dirname, 'guest');

/**
 * A guest of QEMU with a kernel of its own, emulated in software: not every machine that has /dev/kvm can use it. Its disk is
 * an overlay that goes with the suite.
 */
export class QemuGuest {
  readonly spec: GuestSpec;
  readonly #undo: Undo;
  readonly #folder: string;
  #process: ProcessIdentity | undefined;

  private constructor(undo: Undo, spec: GuestSpec, folder: string) {
    this.#undo = undo;
    this.spec = spec;
    this.#folder = folder;
  }

  /** Makes its disk and what it is given at each boot. It is off. */
  static async create(undo: Undo, spec: GuestSpec): Promise<QemuGuest> {
    const folder = join(await undo.folder(), spec.name);
    await mkdir(folder);
    const guest = new QemuGuest(undo, spec, folder);
    await guest.#layFiles();
    const backing = ['-b', spec.image.disk, '-F', 'raw'];
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, guest.#disk]);
    return guest;
  }

  get name(): string {
    return this.spec.name;
  }

  get address(): string {
    return this.spec.port.address;
  }

  get isOn(): boolean {
    return this.#process !== undefined;
  }

  /** The QEMU that runs it. */
  get process(): ProcessIdentity {
    if (this.#process === undefined) throw new Error(`${this.name} is off`);
    return this.#process;
  }

  /** As a client of SSH knows it. */
  get host(): SshHost {
    return { name: this.name, address: this.address, hostKey: join(this.#folder, 'host_key') };
  }

  /** The suite's own monitor of it. */
  get monitor(): string {
    return join(this.#folder, 'monitor');
  }

  mac(): Promise<string> {
    return Promise.resolve(this.spec.port.mac);
  }

  /** Starts QEMU and waits until the guest's sshd greets. */
  async powerOn(): Promise<void> {
    const { port } = this.spec;
    this.#process = await startDaemon(this.#undo, {
      file: 'nice',
      args: ['-n', NICENESS, 'ip', 'netns', 'exec', port.namespace, QEMU, ...this.#arguments()],
      log: join(this.#folder, 'qemu.log'),
      seconds: BOOT_SECONDS,
      started: preferred,
      ready: () => greets(this.address),
    }).catch(async (error: unknown) => {
      throw new Error(`${this.name}: ${await this.console()}`, { cause: error });
    });
  }

  /** Ends QEMU at once, as pulling the plug does. The disk stays. */
  async powerOff(): Promise<void> {
    if (this.#process === undefined) return;
    await undoStep({ kind: 'process', process: this.#process });
    this.#process = undefined;
  }

  /** Waits until sshd greets, under another boot ID than this one; gives the new one. */
  async booted(before: string): Promise<string> {
    return until(`${this.name} has booted`, { seconds: BOOT_SECONDS, everyMs: 500 }, async () => {
      if (!(await isRunning(this.process))) throw new Error(`QEMU of ${this.name} ended`);
      const now = await this.bootId().catch(() => undefined);
      return now !== before && (await greets(this.address)) ? now : undefined;
    });
  }

  /** The boot ID, asked of the guest itself; throws when it does not answer within 20 s. */
  bootId(): Promise<string> {
    return bootIdOf(this.address);
  }

  /** What its serial console shows. */
  async console(): Promise<string> {
    return (await readFile(join(this.#folder, 'console'), 'utf8').catch(() => '')).slice(-4000);
  }

  /** Holds its processors still, or lets them go on. */
  async hold(still: boolean): Promise<void> {
    await qmp(this.monitor, still ? 'stop' : 'cont');
  }

  get #disk(): string {
    return join(this.#folder, 'disk.qcow2');
  }

  #arguments(): readonly string[] {
    const { name, image, port, uuid, monitor } = this.spec;
    const monitors = [this.monitor, ...(monitor === undefined ? [] : [monitor])];
    const options: readonly (readonly [option: string, value: string])[] = [
      ['-name', name],
      ['-M', 'q35'],
      ['-accel', 'tcg,thread=multi'],
      ['-cpu', CPU],
      ['-m', '384'],
      ['-smp', '1'],
      ['-display', 'none'],
      ['-uuid', uuid],
      ['-kernel', image.kernel],
      ['-initrd', join(this.#folder, 'initrd')],
      ['-append', KERNEL_ARGUMENTS],
      ['-drive', `if=none,id=d,file=${this.#disk},format=qcow2,cache=unsafe`],
      ['-device', 'virtio-blk-pci,drive=d'],
      ['-netdev', `tap,id=n,ifname=${port.tap},script=no,downscript=no`],
      ['-device', `virtio-net-pci,netdev=n,mac=${port.mac},romfile=`],
      ['-serial', `file:${join(this.#folder, 'console')}`],
      ...monitors.map((path) => ['-qmp', `unix:${path},server=on,wait=off`] as const),
    ];
    return ['-nodefaults', ...options.flat()];
  }

  /** The second archive: what makes the guest this one, in its memory, so that it has it at each boot. */
  async #layFiles(): Promise<void> {
    const { name, port, image, authorizedKey, standIns = [], files = {}, extra } = this.spec;
    const archive = join(this.#folder, 'archive');
    const own = join(archive, 'guest');
    await mkdir(join(own, 'bin'), { recursive: true });
    await makeKey(this.host.hostKey, name);
    await cp(this.host.hostKey, join(own, 'host_key'));
    await copyFile(authorizedKey, join(own, 'authorized_keys'));
    const texts = { name: `${name}\n`, address: `${port.address}\n`, ...files };
    for (const [file, content] of Object.entries(texts)) {
      await writeFile(join(own, file), content);
    }
    if (extra !== undefined) await copyFile(join(GUEST, `${extra}.sh`), join(own, 'extra'));
    await copyFile(join(GUEST, 'boot.sh'), join(own, 'boot'));
    await copyFile(join(GUEST, 'boot-id.pl'), join(own, 'bin', 'boot-id'));
    for (const program of [join(own, 'boot'), join(own, 'bin', 'boot-id')]) {
      await chmod(program, 0o755);
    }
    for (const it of ['systemctl', ...standIns] as const) await writeStandIn(join(own, 'bin'), it);
    const all = ['guest', ...(await readdir(join(archive, 'guest'), { recursive: true }))];
    const names = all.map((it, i) => (i === 0 ? it : join('guest', it)));
    const packed = await execa('cpio', ['--quiet', '-o', '-H', 'newc', '-R', '0:0'], {
      cwd: archive,
      input: `${names.join('\n')}\n`,
      encoding: 'buffer',
    });
    const first = await readFile(image.initrd);
    // An archive begins at a multiple of 4 bytes.
    const padding = Buffer.alloc((4 - (first.length % 4)) % 4);
    await writeFile(join(this.#folder, 'initrd'), Buffer.concat([first, padding, packed.stdout]));
    await rm(archive, { recursive: true });
  }
}

/** Niceness counts among the processes of a session only, where the kernel groups them so; the session has one too (sched(7)). */
async function preferred({ pid }: ProcessIdentity): Promise<void> {
  try {
    await writeFile(`/proc/${pid}/autogroup`, NICENESS);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // The kernel groups nothing, or does not let this user.
    if (!['ENOENT', 'EPERM', 'EACCES', 'EAGAIN'].includes(code)) throw error;
  }
}
