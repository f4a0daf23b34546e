import type { Command } from '../runbook/command.ts';
import type { At, Card, Happening, Purpose, Question } from './events.ts';

/** A command that the loop is to run now, and where its answer belongs. */
export interface Due {
  readonly key: string;
  readonly command: Command<unknown>;
}

/** What the engine wants done next. The loop does it and appends what happened; it decides nothing. */
export type Next =
  /** The core has decided something: append it. */
  | { readonly do: 'record'; readonly happening: Happening }
  /** Run these side by side. */
  | {
      readonly do: 'run';
      readonly due: readonly Due[];
      readonly at: At;
      readonly purpose: Purpose;
      readonly sample: number;
      /** The `now` that these commands were made with: it is journalled, so that reading the answers makes the same ones. */
      readonly since: number;
    }
  | { readonly do: 'confirm'; readonly card: Card; readonly expiresAt: number; readonly at: At }
  | { readonly do: 'question'; readonly question: Question; readonly at: At }
  /** Until then (milliseconds since 1970, UTC). */
  | { readonly do: 'wait'; readonly until: number }
  /** The run is over, or has not begun. */
  | { readonly do: 'nothing' };
