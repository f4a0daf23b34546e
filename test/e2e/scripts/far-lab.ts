import { randomUUID } from 'node:crypto';
import type { Command, RawOutput, Reading } from '../../../src/runbook/command.ts';
import { ssh, type Ssh } from '../../../src/transport/ssh.ts';
import { Hypervisor } from '../harness/hypervisor.ts';
import type { LabNode } from '../harness/lab-node.ts';
import { Network } from '../harness/network.ts';
import { startNodes } from '../harness/nodes.ts';
import { Undo } from '../harness/undo.ts';

/** The one node of a {@link FarLab}, as commands call it. */
export const NODE = 'k8s-node2';
/** Its VM, on host `pve`. */
export const VMID = 202;

/**
 * A node and the Proxmox VE host under it, for running the product's commands on them over its own SSH, without an API
 * server. Not real: the wait channels and stacks of NFS (no NFS server runs here, and namespaces share the kernel's
 * client), the type of a mount in the mount table (`nfs-lens.ts`), and the programs of `harness/stand-ins`, whose words
 * and exit codes are those of the real ones.
 */
export class FarLab {
  readonly uuid: string;
  readonly node: LabNode;
  readonly host: LabNode;
  readonly hypervisor: Hypervisor;
  readonly #undo: Undo;
  readonly #far: Ssh;

  private constructor(
    undo: Undo,
    far: Ssh,
    machines: Pick<FarLab, 'uuid' | 'node' | 'host' | 'hypervisor'>,
  ) {
    this.#undo = undo;
    this.#far = far;
    this.uuid = machines.uuid;
    this.node = machines.node;
    this.host = machines.host;
    this.hypervisor = machines.hypervisor;
  }

  static async start(): Promise<FarLab> {
    const undo = new Undo();
    const uuid = randomUUID();
    const network = await Network.open(undo);
    const lab = await startNodes(undo, network, [NODE, 'pve'], { [NODE]: { uuid, nfs: true } });
    const [node, host] = [lab.get(NODE), lab.get('pve')];
    const hypervisor = await Hypervisor.start(host, [{ vmid: VMID, node, uuid }]);
    const far = ssh({
      address: (where) => ({ address: where.on === 'node' ? where.node : where.host }),
      configFile: lab.ssh.config,
    });
    return new FarLab(undo, far, { uuid, node, host, hypervisor });
  }

  /** Runs a command where it belongs. */
  perform(command: Command<unknown>): Promise<RawOutput> {
    return this.#far.perform(command, AbortSignal.timeout(120_000));
  }

  /** What a command reads from its output; throws where it did not end. */
  async read<T>(command: Command<T>): Promise<Reading<T>> {
    const out = await this.perform(command);
    if (out.ending.how !== 'exited') throw new Error(`${command.id}: ${JSON.stringify(out)}`);
    return command.read(out);
  }

  /** The value that a command reads; throws where there is none. */
  async value<T>(command: Command<T>): Promise<T> {
    const reading = await this.read(command);
    if (!reading.ok) throw new Error(`${command.id}: ${reading.why}: ${reading.says}`);
    return reading.value;
  }

  async close(): Promise<void> {
    await this.#far.close();
    await this.hypervisor.close();
    await this.#undo.close();
  }
}
