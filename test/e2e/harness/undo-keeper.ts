/**
 * A process of its own that outlives the tests by as long as it takes to clean up after them.
 * Reads steps, one JSON line each, and undoes them in reverse order when its input ends: because
 * the suite closed it, or because the suite was killed.
 */
import { createInterface } from 'node:readline';
import { undo, type UndoStep } from './undo-step.ts';

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => undefined);
}
process.stdout.on('error', () => undefined);

const steps: UndoStep[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  steps.unshift(JSON.parse(line) as UndoStep);
}
for (const step of steps) {
  try {
    await undo(step);
  } catch (error) {
    process.stdout.write(`${JSON.stringify(step)}: ${String(error)}\n`);
    process.exitCode = 1;
  }
}
