import { guard } from '../runbook/runbook.ts';
import type { Guard } from '../runbook/step.ts';

/** A rung of an escalation that is behind: tried and refuted, or ruled out. */
interface Behind {
  readonly rung: string;
  readonly is: 'refuted' | 'ruled-out';
  readonly because: string;
}

const those = (climbed: readonly Behind[], is: Behind['is']): readonly string[] =>
  climbed.flatMap((it) => (it.is === is ? [it.rung] : []));

/** Holds where every milder rung is behind: what can be mended without breaking more is mended so. */
export function lowerRungsSpent(
  /** Every milder rung, in order, with what people call it. */
  lower: Readonly<Record<string, string>>,
  climbed: readonly Behind[],
): Guard {
  return guard({
    name: 'milder rungs',
    observe: {},
    judge: () => {
      const say = (rungs: readonly string[]): string =>
        rungs.map((rung) => lower[rung] ?? rung).join(', ');
      const open = Object.keys(lower).filter((rung) => !climbed.some((it) => it.rung === rung));
      if (open.length > 0)
        return { verdict: 'fails', because: `not tried and not ruled out: ${say(open)}` };
      const [refuted, ruledOut] = [those(climbed, 'refuted'), those(climbed, 'ruled-out')];
      return {
        verdict: 'holds',
        because: [
          ...(refuted.length > 0 ? [`did not help: ${say(refuted)}`] : []),
          ...(ruledOut.length > 0 ? [`cannot help here: ${say(ruledOut)}`] : []),
        ].join('; '),
      };
    },
  });
}
