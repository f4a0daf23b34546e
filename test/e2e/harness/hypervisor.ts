import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabNode } from './lab-node.ts';
import { NODE_FOLDER } from './node-boot.ts';
import { addStandIn } from './stand-in.ts';
import { until } from './until.ts';

/** What stands for a machine: a node made of namespaces, or a guest of QEMU. */
export interface Machine {
  readonly name: string;
  readonly address: string;
  mac(): Promise<string>;
  powerOn(): Promise<void>;
  powerOff(): Promise<void>;
}

/** A virtual machine of the host, and the node that is its guest. */
export interface Guest {
  readonly vmid: number;
  readonly node: Machine;
  /** The SMBIOS UUID that the machine has. */
  readonly uuid: string;
}

/** What Proxmox VE knows of a VM, as the suite sets it. */
export interface Vm {
  readonly name: string;
  readonly uuid: string;
  /** `backup`, `snapshot`…: power commands are refused then. */
  readonly lock?: string | undefined;
  readonly boot: string;
  readonly status: 'running' | 'stopped';
  /** What QEMU says of itself: `running`, `paused`, `prelaunch`, `io-error`… */
  readonly qmpstatus: string;
  readonly agent: 'yes' | 'no' | 'none';
  /** Lines as `qm pending` has them: `new cores: 8`. */
  readonly pending: readonly string[];
  /** What becomes of a reset: it restarts the guest, it exits 0 and does nothing, or QEMU does not answer. */
  readonly reset: 'works' | 'nothing' | 'timeout';
}

/** A power command that somebody gave, as it was typed: `reset 202`. */
export type PowerCall = string;

const POWER = /^(?:reset|resume|stop|start|shutdown|reboot|suspend|set|destroy|unlock)\b/;
const LOOK_MS = 100;

/** Where `stand-ins/qm.sh` keeps what it knows, on the disk of the host. */
const QM_STATE = '/var/lib/qemu-e2e';

/** Where Proxmox VE has the monitor of a VM; where a QEMU listens there, `qm` speaks to it. */
export const monitorOf = (vmid: number): string => `/run/qemu-server/${vmid}.qmp`;

/**
 * A Proxmox VE host: a node with stand-ins for `qm` and `ha-manager` first in the PATH of SSH sessions. Real: the host is
 * reached over SSH, a reset kills the guest's namespaces and starts them with a new boot ID, as a stop and a start do.
 * Not real, for guests that are namespaces: QEMU, of which only states and answers are told. A guest of a real QEMU is reset,
 * resumed and asked for its state by `qm` itself, over QEMU's monitor; its stop and start are carried out here.
 */
export class Hypervisor {
  /** From a reset until the guest's sshd is started again. */
  bootMs = 1500;
  readonly #host: LabNode;
  readonly #guests: readonly Guest[];
  readonly #vms = new Map<number, Vm>();
  readonly #over = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  private constructor(host: LabNode, guests: readonly Guest[]) {
    this.#host = host;
    this.#guests = guests;
  }

  /** Makes a host out of a node; its guests run already. Close it before the undo is. */
  static async start(host: LabNode, guests: readonly Guest[]): Promise<Hypervisor> {
    const it = new Hypervisor(host, guests);
    const etc = `${NODE_FOLDER}/etc`;
    // The machine's /etc is shared by all nodes: this one gets a copy, in which it may have a folder more.
    await host.run(`
      cp -a /etc ${etc}
      mount --bind ${etc} /etc
      mkdir -p /etc/pve/nodes/${host.name}/qemu-server
      ln -s nodes/${host.name}/qemu-server /etc/pve/qemu-server
      mkdir -p ${QM_STATE}/spool /run/qemu-server`);
    for (const name of ['qm', 'ha-manager'] as const) await addStandIn(host, name);
    for (const guest of guests) {
      const { vmid, node, uuid } = guest;
      await it.change(vmid, { ...HEALTHY, name: node.name, uuid });
    }
    it.#watching = it.#watch();
    return it;
  }

  /** Changes what Proxmox VE knows of a VM. */
  async change(vmid: number, change: Partial<Vm>): Promise<void> {
    const vm: Vm = { ...HEALTHY, name: '', uuid: '', ...this.#vms.get(vmid), ...change };
    this.#vms.set(vmid, vm);
    const pid = vm.status === 'running' ? String(3000 + vmid) : '0';
    const { status, qmpstatus, agent, reset } = vm;
    const files = { status, qmpstatus, agent, reset, pid, pending: vm.pending.join('\n') };
    for (const [name, text] of Object.entries(files)) {
      await this.#write(`${QM_STATE}/${vmid}/${name}`, text === '' ? '' : `${text}\n`);
    }
    const folder = `/etc/pve/nodes/${this.#host.name}/qemu-server`;
    await this.#write(`${folder}/${vmid}.conf`, await this.#configOf(vmid, vm));
  }

  /** Takes a VM off this host: its configuration is not here any more. */
  async forget(vmid: number): Promise<void> {
    this.#vms.delete(vmid);
    await rm(this.#host.path(`/etc/pve/nodes/${this.#host.name}/qemu-server/${vmid}.conf`));
  }

  /** Every power command so far, and whatever else would change a VM; looks are left out. */
  async powerCalls(): Promise<readonly PowerCall[]> {
    const text = await this.#host.read(`${QM_STATE}/calls`).catch(() => '');
    return text.split('\n').filter((line) => POWER.test(line));
  }

  /** Waits until everything that was asked for is done. */
  async settled(): Promise<void> {
    const spool = this.#host.path(`${QM_STATE}/spool`);
    await until('nothing is asked for', { seconds: 30 }, async () => {
      return (await readdir(spool)).length === 0;
    });
  }

  /** Carries nothing out any more. Rejects with what went wrong while it did. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const spool = this.#host.path(`${QM_STATE}/spool`);
    while (!this.#over.signal.aborted) {
      for (const name of (await readdir(spool)).toSorted()) {
        const [verb, vmid] = (await readFile(`${spool}/${name}`, 'utf8')).trim().split(' ');
        await this.#carryOut(verb ?? '', Number(vmid));
        await rm(`${spool}/${name}`);
      }
      await sleep(LOOK_MS);
    }
  }

  async #carryOut(verb: string, vmid: number): Promise<void> {
    const node = this.#guests.find((it) => it.vmid === vmid)?.node;
    const qmpstatus = this.#vms.get(vmid)?.qmpstatus;
    const running = { status: 'running', qmpstatus: 'running' } as const;
    switch (verb) {
      case 'reset':
        await node?.powerOff();
        // A paused machine is reset as well, and stays paused: it boots when it is resumed (COMMANDS 0.2).
        if (qmpstatus !== 'running') return this.change(vmid, { qmpstatus: 'prelaunch' });
        await sleep(this.bootMs);
        return node?.powerOn();
      case 'resume':
        if (qmpstatus === 'prelaunch') await node?.powerOn();
        return this.change(vmid, running);
      case 'stop':
        await node?.powerOff();
        return this.change(vmid, { status: 'stopped', qmpstatus: 'stopped' });
      case 'start':
        await this.change(vmid, running);
        return node?.powerOn();
      default:
        throw new Error(`qm left a request that nobody knows: ${verb} ${vmid}`);
    }
  }

  async #configOf(vmid: number, { name, uuid, lock, boot, agent }: Vm): Promise<string> {
    const node = this.#guests.find((it) => it.vmid === vmid)?.node;
    const mac = node === undefined ? `02:00:00:00:00:${vmid % 100}` : await node.mac();
    const lines = {
      ...(agent === 'none' ? {} : { agent: '1' }),
      boot,
      cores: '4',
      ipconfig0: node === undefined ? undefined : `ip=${node.address}/24,gw=10.98.0.1`,
      lock,
      memory: '16384',
      meta: 'creation-qemu=9.0.2,ctime=1718000000',
      name,
      net0: `virtio=${mac.toUpperCase()},bridge=vmbr0`,
      ostype: 'l26',
      scsi0: `local-lvm:vm-${vmid}-disk-0,iothread=1,size=64G`,
      scsihw: 'virtio-scsi-single',
      smbios1: `uuid=${uuid}`,
    };
    return Object.entries(lines)
      .flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}\n`]))
      .join('');
  }

  /** Whole or not at all: `qm` reads at any moment. */
  async #write(inside: string, text: string): Promise<void> {
    const path = this.#host.path(inside);
    await mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
}

const HEALTHY: Omit<Vm, 'name' | 'uuid'> = {
  boot: 'order=scsi0;net0',
  status: 'running',
  qmpstatus: 'running',
  agent: 'yes',
  pending: [],
  reset: 'works',
};
