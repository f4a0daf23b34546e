import type { Card, Question } from '../engine/events.ts';
import type { Clock, Operator } from '../engine/ports.ts';

/** How the careful operator is set up. */
export interface CarefulOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Option keys of choices, the most wanted first. */
  readonly prefer?: readonly string[];
}

const BY = 'auto';
const PROBES_OF_A_DOUBT = 2;

/**
 * Plays the operator, in the lab only. Its rules, and there are no others:
 * - a confirmation: yes when every guard holds, two different facts prove the target, and the evidence is not too old;
 *   otherwise no; where a reason is asked for, it quotes the evidence on the card;
 * - a choice: the first of `prefer` that is an option, else the first option (authors put the most cautious first);
 * - a doubt: probes twice, then looks closer where that is offered, else aborts;
 * - a failure: tries again, once, what was cut off when the tool was stopped; otherwise goes on as the runbook says;
 * - manual work: says that it is done, once; asked again, aborts.
 */
export function careful({ clock, prefer = [] }: CarefulOptions): Operator {
  const asked = new Map<string, number>();
  const times = (question: Question & { readonly title: string }): number => {
    const key = `${question.about} ${question.title}`;
    const count = (asked.get(key) ?? 0) + 1;
    asked.set(key, count);
    return count;
  };
  return {
    confirm: async (card, expiresAt) => {
      const open = card.guards.filter((guard) => guard.verdict !== 'holds');
      const facts = new Set(card.target.proven.map((fact) => fact.trim()).filter(Boolean));
      if (open.length > 0)
        return {
          answer: 'no',
          by: BY,
          note: `${open.map((guard) => guard.name).join(', ')} does not hold`,
        };
      if (facts.size < 2)
        return { answer: 'no', by: BY, note: 'the target is not proven by two facts' };
      if (!(clock.now() < expiresAt)) return { answer: 'expired', by: BY };
      return { answer: 'yes', by: BY, ...reasonFor(card) };
    },
    answer: async (question) => {
      if (question.about === 'choice') {
        const keys = Object.keys(question.options);
        const answer = prefer.find((key) => keys.includes(key)) ?? keys[0] ?? 'abort';
        return { answer, by: BY };
      }
      if (question.about === 'failure') {
        const again = question.cutOff === true && times(question) === 1;
        return { answer: again ? 'retry' : 'go-on', by: BY };
      }
      if (question.about === 'doubt') {
        if (times(question) <= PROBES_OF_A_DOUBT) return { answer: 'probe', by: BY };
        return { answer: question.options.examine === undefined ? 'abort' : 'examine', by: BY };
      }
      return { answer: times(question) === 1 ? 'done' : 'abort', by: BY };
    },
  };
}

/** A rehearsal goes on by the evidence alone, and says so where a person would say why. */
const reasonFor = ({ reason, evidence }: Card): { readonly note?: string } =>
  reason === undefined ? {} : { note: `the lab's careful operator goes on: ${evidence.because}` };
