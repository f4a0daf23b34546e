import type { At, Card, Event, EventOf } from '../engine/events.ts';
import { isDeed } from '../journal/deed.ts';
import { titled } from './titled.ts';

/** What somebody decided, and why. */
export interface Decision {
  readonly at: string;
  /** The title of the step. */
  readonly about: string;
  /** What would be harmed, where that was the question. */
  readonly target?: string;
  /** `yes`, `no`, `expired`, the name of an option. */
  readonly answer: string;
  readonly byHand: boolean;
  /** Nobody, where nobody answered in time. */
  readonly by?: string;
  /** As it was typed; absent where nothing was. */
  readonly why?: string;
  /** What was known to break. */
  readonly breaks?: string;
  /** Whether something was then done: a yes that a gate held up broke nothing. */
  readonly done?: true;
}

const visitOf = ({ depth, step, visit }: At): string => `${depth}/${step}#${visit}`;

const keyOf = (it: { readonly step: string; readonly depth: number }): string =>
  `${it.depth}/${it.step}`;

/** Every answer to a confirmation, a choice, a doubt or a failure, in order. */
export function decisionsOf(events: readonly Event[]): readonly Decision[] {
  const cards = new Map<string, Card>();
  const done = new Set(events.filter(isDeed).map(visitOf));
  return titled(events).flatMap(({ event, title }): readonly Decision[] => {
    if (event.type === 'confirmation.asked') cards.set(keyOf(event), event.card);
    if (event.type === 'confirmation.answered') {
      return [confirmation(event, title, cards.get(keyOf(event)), done.has(visitOf(event)))];
    }
    if (event.type !== 'operator.answered') return [];
    const { at, answer, by, note } = event;
    const why = note === undefined ? {} : { why: note };
    return [{ at, about: title, answer, byHand: false, by, ...why }];
  });
}

function confirmation(
  { at, answer, by, note, byHand }: EventOf<'confirmation.answered'>,
  title: string,
  card: Card | undefined,
  done: boolean,
): Decision {
  return {
    at,
    about: title,
    ...(card === undefined
      ? {}
      : {
          target: `${card.target.kind} ${card.target.name} (${card.target.proven.join(', ')})`,
          breaks: breaksOf(card),
        }),
    answer,
    byHand: byHand === true,
    ...(answer === 'expired' || answer === 'voided' ? {} : { by }),
    ...(done ? { done } : {}),
    ...(note === undefined ? {} : { why: note }),
  };
}

function breaksOf({ breaks: { counts, unknown } }: Card): string {
  const known = counts
    .filter(({ count }) => count > 0)
    .map(({ count, what, many, names }) => {
      const shown =
        names.length === 0
          ? ''
          : ` (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`;
      return `${count} ${count === 1 ? what : (many ?? what)}${shown}`;
    });
  const all = [...known, ...unknown.map((it) => `unknown: ${it}`)];
  return all.length === 0 ? 'nothing' : all.join('; ');
}
