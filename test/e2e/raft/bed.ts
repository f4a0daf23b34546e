import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { components, kubeletExec, vault, workloadPrograms } from '../harness/components.ts';
import { Undo } from '../harness/undo.ts';
import { Workplace, type WorkplaceOptions } from '../incident/workplace.ts';
import { buildRaft, type Raft, type RaftPrograms } from './raft.ts';

/** A raft to test at, and workplaces from which somebody looks after it. */
export class RaftBed {
  readonly raft: Raft;
  readonly #undo: Undo;
  readonly #programs: RaftPrograms;
  readonly #below: string;

  private constructor(undo: Undo, programs: RaftPrograms, raft: Raft, below: string) {
    this.#undo = undo;
    this.#programs = programs;
    this.raft = raft;
    this.#below = below;
  }

  /** Builds what is not built yet, and a raft that is well. */
  static async open(): Promise<RaftBed> {
    const undo = new Undo();
    try {
      const programs: RaftPrograms = {
        components: await components(),
        workloads: await workloadPrograms(),
        kubeletExec: await kubeletExec(),
        vault: await vault(),
      };
      return new RaftBed(undo, programs, await buildRaft(undo, programs), await undo.folder());
    } catch (error) {
      await undo.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.raft.close();
    await this.#undo.close();
  }

  /** The workplace of somebody without a token for Vault. */
  workplace(inventory: WorkplaceOptions['inventory'] = {}): Promise<Workplace> {
    return Workplace.create({
      components: this.#programs.components,
      below: this.#below,
      kubeconfig: this.raft.plane.operator,
      sshConfig: this.raft.lab.ssh.config,
      inventory,
    });
  }

  /** The workplace of somebody with a token: writes can be tried, and the raft's own word on its members be asked for. */
  async trusted(inventory: WorkplaceOptions['inventory'] = {}): Promise<Workplace> {
    const tokenFile = join(await mkdtemp(join(this.#below, 'token-')), 'token');
    await writeFile(tokenFile, `${this.raft.rootToken}\n`, { mode: 0o600 });
    return this.workplace({ ...inventory, vault: { ...inventory.vault, tokenFile } });
  }
}
