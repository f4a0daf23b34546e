import type { At, Card } from '../engine/events.ts';
import { NotAsPlanned } from '../engine/ports.ts';
import type { Operator } from '../engine/ports.ts';
import type { Approval } from '../plan/approval.ts';
import { actionDiffers, plannedAt } from '../plan/as-planned.ts';
import type { SavedPlan } from '../plan/saved.ts';

/** A plan that a run is held to, and what was approved of it beforehand, by whom. */
export interface Holding {
  readonly plan: SavedPlan;
  readonly approvals: readonly Approval[];
  readonly by: string;
}

/**
 * An operator who is asked only what the plan foresaw: anything else rejects with {@link NotAsPlanned}. What was approved
 * beforehand is answered with it, once: a second visit of the step is another deed, and somebody is asked. A yes that wants
 * a reason is asked for as well, since an approval gives none.
 */
export function heldToPlan({ plan, approvals, by }: Holding, operator: Operator): Operator {
  const unused = new Set(approvals);
  const approved = (card: Card, at: At): Approval | undefined =>
    card.reason === undefined
      ? [...unused].find((it) => it.step === at.step && it.target === card.target.name)
      : undefined;
  return {
    confirm: async (card, expiresAt, signal, keep, at) => {
      const planned = plannedAt(plan, at);
      const differs =
        planned === undefined ? ['the plan has no such action'] : actionDiffers(planned, card);
      if (differs.length > 0) {
        throw new NotAsPlanned(`'${card.title}' is not as planned: ${differs.join('; ')}`);
      }
      const approval = approved(card, at);
      if (approval === undefined) return operator.confirm(card, expiresAt, signal, keep, at);
      unused.delete(approval);
      const note = `approved beforehand: ${approval.step}=${approval.target}, plan ${plan.digest.slice(0, 12)}`;
      return { answer: 'yes', by, note };
    },
    answer: operator.answer,
  };
}
