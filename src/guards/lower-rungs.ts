import { guard } from '../runbook/runbook.ts';
import type { Guard } from '../runbook/step.ts';

/** A rung of an escalation that is behind: tried and refuted, or ruled out. */
interface Behind {
  readonly rung: string;
  readonly is: 'refuted' | 'ruled-out';
  readonly because: string;
}

/** Holds where every milder rung is behind: what can be mended without breaking more is mended so. */
export function lowerRungsSpent(lower: readonly string[], climbed: readonly Behind[]): Guard {
  return guard({
    name: 'milder rungs',
    observe: {},
    judge: () => {
      const open = lower.filter((rung) => !climbed.some((it) => it.rung === rung));
      return open.length > 0
        ? { verdict: 'fails', because: `not tried and not ruled out: ${open.join(', ')}` }
        : {
            verdict: 'holds',
            because: climbed
              .map((it) => `${it.rung} ${it.is === 'refuted' ? 'did not help' : 'cannot help'}`)
              .join(', '),
          };
    },
  });
}
