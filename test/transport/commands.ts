import type { Command, Invocation, RawOutput, Where } from '../../src/runbook/command.ts';

/** A command for tests; its parser is never asked. */
export function command(where: Where, run: Invocation, deadlineMs = 5000): Command<unknown> {
  return {
    kind: 'command',
    id: 'test.command',
    about: 'test',
    where,
    does: 'reads',
    run,
    deadlineMs,
    read: () => ({ ok: false, why: 'unparsable', says: 'not asked' }),
  };
}

export const argv = (
  words: readonly [string, ...string[]],
  stdin?: Extract<Invocation, { kind: 'argv' }>['stdin'],
): Invocation =>
  stdin === undefined ? { kind: 'argv', argv: words } : { kind: 'argv', argv: words, stdin };

export const text = (it: string): { readonly kind: 'text'; readonly text: string } => ({
  kind: 'text',
  text: it,
});

export const LOCAL: Where = { on: 'local' };

/** The sentence of an ending that has one. */
export const says = ({ ending }: RawOutput): string =>
  'because' in ending ? ending.because : `(${ending.how})`;

export const never = (): AbortSignal => new AbortController().signal;
