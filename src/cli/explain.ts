import { SreError } from '../runbook/sre-error.ts';

/** Says on `out` what went wrong and what to do next, and gives the exit code: 2 where the operator can mend it, 6 for a lock, 7 for another plan, else 1. */
export function explain(error: unknown, out: { write: (text: string) => unknown }): number {
  if (error instanceof SreError) {
    out.write(`sre: ${error.message}\n`);
    if (error.hint !== undefined) out.write(`     ${error.hint}\n`);
    if (error.code === 'journal-locked') return 6;
    if (error.code === 'not-as-planned') return 7;
    return error.source === 'operator' ? 2 : 1;
  }
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  out.write(`sre: this is a fault in sre itself, please report it:\n${said}\n`);
  return 1;
}
