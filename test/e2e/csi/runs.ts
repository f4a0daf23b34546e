import type { Components } from '../harness/components.ts';
import { type Run, Workplace } from '../incident/workplace.ts';
import type { Stage } from './stage.ts';

/** The arguments of a run; its soak is short. */
export const RUNBOOK: readonly string[] = ['runbook', 'nfs-csi-recovery', '--set', 'soak=10s'];

/** Runs of the product on one stage. */
export class Runs {
  readonly stage: Stage;
  readonly #components: Components;
  readonly #below: string;

  /** `below` is a folder that goes with the suite. */
  constructor(stage: Stage, components: Components, below: string) {
    this.stage = stage;
    this.#components = components;
    this.#below = below;
  }

  /** A place of its own for one run. */
  workplace(): Promise<Workplace> {
    const { plane, lab, inventory } = this.stage;
    return Workplace.create({
      components: this.#components,
      below: this.#below,
      kubeconfig: plane.operator,
      sshConfig: lab.ssh.config,
      inventory,
    });
  }

  /** A run that nobody can answer, and where it was made. */
  async unattended(): Promise<{ readonly run: Run; readonly place: Workplace }> {
    const place = await this.workplace();
    return { run: await place.sre(...RUNBOOK), place };
  }
}
