import type { AnswerId } from './marks/answers.ts';

/** What a simulated command answers, before the time it takes is added. */
export type Said = {
  /** What is answered here; what it rests on stands in `marks/`. */
  readonly by: AnswerId;
} & (
  | {
      readonly is: 'exit';
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
      /** How much longer than usual it takes. */
      readonly afterMs: number;
    }
  /** It never comes back: the caller's deadline ends it. */
  | { readonly is: 'hang' }
  /** It never began. */
  | { readonly is: 'refused'; readonly why: 'unreachable' | 'denied'; readonly because: string }
);

/** A success with this text on standard output. */
export const printed = (by: AnswerId, stdout: string, afterMs = 0): Said => ({
  by,
  is: 'exit',
  code: 0,
  stdout,
  stderr: '',
  afterMs,
});

/** A failure with these words on standard error. */
export const failed = (by: AnswerId, stderr: string, code = 1, afterMs = 0): Said => ({
  by,
  is: 'exit',
  code,
  stdout: '',
  stderr: stderr.endsWith('\n') ? stderr : `${stderr}\n`,
  afterMs,
});

/** The lab does not know this command: never a made-up success. */
export const unknownCommand = (what: string): Said =>
  failed('lab/unknown', `lab: no such command: ${what}`, 127);
