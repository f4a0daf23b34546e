import type { Run, Workplace } from '../incident/workplace.ts';
import { Runs as NodeRuns } from '../reset/runs.ts';

/** The arguments of a run; its soak is short. */
export const RUNBOOK: readonly string[] = ['runbook', 'nfs-csi-recovery', '--set', 'soak=10s'];

/** Runs of the product on one stage. */
export class Runs extends NodeRuns {
  /** A run that nobody can answer, and where it was made. */
  async unattended(): Promise<{ readonly run: Run; readonly place: Workplace }> {
    const place = await this.workplace();
    return { run: await place.sre(...RUNBOOK), place };
  }
}
