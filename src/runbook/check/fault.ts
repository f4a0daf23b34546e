/** A fault of a runbook: which step, what is wrong with it, and what would mend it. */
export interface Fault {
  readonly runbook: string;
  readonly step: string;
  readonly wrong: string;
  readonly fix: string;
}

/** One sentence for a fault. */
export const sayFault = (fault: Fault): string =>
  `${fault.runbook}, step '${fault.step}': ${fault.wrong}. ${fault.fix}`;

/** Makes a fault of one runbook. */
export type MakeFault = (step: string, wrong: string, fix: string) => Fault;

/** Makes a fault of one step. */
export type FaultAt = (wrong: string, fix: string) => Fault;
