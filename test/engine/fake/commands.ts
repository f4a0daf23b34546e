import { unparsable, value } from '../../../src/runbook/command.ts';
import type { Command, Does, RawOutput } from '../../../src/runbook/command.ts';

const made =
  (does: Does) =>
  (word: string): Command<string> => ({
    kind: 'command',
    id: `fake.${word}`,
    about: `${does} ${word}`,
    where: { on: 'local' },
    does,
    run: { kind: 'argv', argv: ['fake', word] },
    deadlineMs: 5000,
    read: ({ ending, stdout }) =>
      ending.how === 'exited' && ending.code === 0
        ? value(stdout)
        : { ...unparsable(`'${word}' ended with an error`), why: 'exit' },
  });

/** Commands of the fake world, each known by one word. */
export const reads = made('reads');
export const intrudes = made('intrusive');
export const mutates = made('mutates');

export const wordOf = (command: Command<unknown>): string => command.id.slice('fake.'.length);

/** What a command came back with. */
export const ended = (ending: RawOutput['ending'], stdout = ''): RawOutput => ({
  ending,
  stdout,
  stderr: '',
  truncated: false,
});
export const printed = (stdout: string): RawOutput => ended({ how: 'exited', code: 0 }, stdout);
export const failed = ended({ how: 'exited', code: 1 });
export const hung = ended({ how: 'deadline' });
export const lost = ended({ how: 'lost', because: 'the connection broke' });
export const cancelled = ended({ how: 'cancelled' });
export const refused = ended({
  how: 'refused',
  why: 'unreachable',
  because: 'no route to host',
});
