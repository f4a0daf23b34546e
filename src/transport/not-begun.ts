import type { Ending, RawOutput } from '../runbook/command.ts';

/** What is returned where nothing was run: an ending without output. */
export const nothing = (ending: Ending): RawOutput => ({
  ending,
  stdout: '',
  stderr: '',
  truncated: false,
});

/** Thrown inside this room before a command began; a performer turns it into its ending and never lets it out. */
export class NotBegun extends Error {
  override readonly name = 'NotBegun';
  readonly ending: Ending;

  constructor(ending: Ending, says: string) {
    super(says);
    this.ending = ending;
  }
}

/** The machine cannot be used; `because` is a sentence for a person, with what to do about it. */
export const refusal = (why: 'unreachable' | 'denied', because: string): NotBegun =>
  new NotBegun({ how: 'refused', why, because }, because);

/** The operator's or the engine's signal came before the command began. */
export const cancelled = (): NotBegun => new NotBegun({ how: 'cancelled' }, 'cancelled');

/** The ending behind whatever was thrown before a command began; an error nobody foresaw is named, not hidden. */
export const endingOfThrown = (thrown: unknown, doing: string): Ending =>
  thrown instanceof NotBegun
    ? thrown.ending
    : { how: 'refused', why: 'unreachable', because: `${doing}: ${messageOf(thrown)}` };

/** The message of anything that can be thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** The system's error code (`ENOENT`), where there is one. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
