import type { Clock, Performer } from '../engine/ports.ts';
import type { Command } from '../runbook/command.ts';
import { observe } from '../runbook/observation.ts';
import type { Observation } from '../runbook/observation.ts';

/** What a command taught, and whether it began at all: one that did and failed may have done its work. */
export interface Answered<T> {
  readonly seen: Observation<T>;
  readonly begun: boolean;
}

/** Performs a command and reads its answer. */
export type Ask = <T>(command: Command<T>, signal: AbortSignal) => Promise<Answered<T>>;

export const askOf =
  (performer: Performer, clock: Clock): Ask =>
  async (command, signal) => {
    const out = await performer.perform(command, signal);
    const { how } = out.ending;
    return {
      seen: observe(command, out, clock.now()),
      begun: how !== 'refused' && how !== 'withheld',
    };
  };
