import type { Command, Stdin, Where } from './command.ts';

/** A command as people read it: on which machine, and the line that runs there. */
export interface Rendered {
  readonly where: string;
  readonly line: string;
  /** What stands on its standard input; for a secret its name alone. */
  readonly stdin?: string;
}

/** How people call the machine a command runs on. */
export function renderWhere(where: Where): string {
  switch (where.on) {
    case 'local':
      return 'here';
    case 'node':
      return where.node;
    case 'pve':
      return where.host;
  }
}

/** A word as a shell takes it whole. */
const quoted = (word: string): string =>
  /^[A-Za-z0-9_./:@%+,=‹›-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** One line that can be pasted into a shell on that machine; a secret has to be put in by hand. */
export function pasteable({ line, stdin }: Rendered): string {
  return stdin === undefined ? line : `printf %s ${quoted(stdin)} | ${line}`;
}

const renderStdin = (stdin: Stdin): string =>
  stdin.kind === 'text' ? stdin.text : `(secret ${stdin.secret})`;

/**
 * The line a person could type. It is made from the very value that is executed, quoted for reading; execution itself
 * never goes through a shell on this side.
 */
export function render(command: Command<unknown>): Rendered {
  const where = renderWhere(command.where);
  const { run } = command;
  if (run.kind === 'script') {
    const seconds = Math.ceil(command.deadlineMs / 1000);
    const args = run.args.map((arg) => ` ${quoted(arg)}`).join('');
    return {
      where,
      line: `timeout -s KILL ${seconds} sh -s --${args} < src/tools/${run.script}.sh`,
    };
  }
  const line = run.argv.map(quoted).join(' ');
  return run.stdin === undefined ? { where, line } : { where, line, stdin: renderStdin(run.stdin) };
}
