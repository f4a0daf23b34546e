import type { Card, Event, EventOf } from '../engine/events.ts';
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
  readonly by: string;
  /** As it was typed; absent where nothing was. */
  readonly why?: string;
  /** What was known to break. */
  readonly breaks?: string;
}

const keyOf = (it: { readonly step: string; readonly depth: number }): string =>
  `${it.depth}/${it.step}`;

/** Every answer to a confirmation, a choice, a doubt or a failure, in order. */
export function decisionsOf(events: readonly Event[]): readonly Decision[] {
  const cards = new Map<string, Card>();
  return titled(events).flatMap(({ event, title }): readonly Decision[] => {
    if (event.type === 'confirmation.asked') cards.set(keyOf(event), event.card);
    if (event.type === 'confirmation.answered') {
      return [confirmation(event, title, cards.get(keyOf(event)))];
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
    by,
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
