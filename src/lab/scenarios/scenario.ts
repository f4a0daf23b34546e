import type { World } from '../world.ts';

/** An incident to rehearse. */
export interface Scenario {
  readonly id: string;
  /** The runbook that it rehearses; a runbook's default scenario has its id. */
  readonly runbook: string;
  readonly title: string;
  /** What happened so far, in a few sentences for the operator. */
  readonly story: string;
  /** The world at the start of the rehearsal. */
  readonly make: (seed: number) => World;
  /** How a good run ends, and what it leaves. */
  readonly ends: string;
}
