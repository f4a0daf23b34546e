import type { Event } from '../engine/events.ts';
import { differences } from '../journal/differences.ts';
import { titled } from './titled.ts';

/** What a deed changed, as it was proven: identities before and after it. */
export interface Change {
  readonly at: string;
  /** The title of the step. */
  readonly deed: string;
  readonly effect: 'confirmed' | 'refuted' | 'unknown';
  readonly because: string;
  /** `pod › uid: "9600…" is now "3e41…"`; empty where none of the identities changed. */
  readonly changed: readonly string[];
}

/** The fields that are identities, or the state that a deed is about; the rest of an object is no news. */
const TELLING =
  /(?:^|› )(?:uid|bootID|bootId|unschedulable|phase|node|ready|startTicks|pid|startedAt|state|held|present|there|is)(?: ›|:)/;
const MOST = 12;

/** One for each deed: where its effect was looked for again, the last word counts. */
export function changesOf(events: readonly Event[]): readonly Change[] {
  const changes = new Map<string, Change>();
  for (const { event, title } of titled(events)) {
    if (event.type !== 'effect.judged') continue;
    const all = differences(event.before, event.after).filter((it) => TELLING.test(it));
    changes.set(`${event.depth}/${event.step}#${event.visit}`, {
      at: event.at,
      deed: title,
      effect: event.effect,
      because: event.because,
      changed:
        all.length <= MOST ? all : [...all.slice(0, MOST), `… and ${all.length - MOST} more`],
    });
  }
  return [...changes.values()];
}
