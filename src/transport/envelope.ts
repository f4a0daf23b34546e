/**
 * What is sent to a far machine, and what is made of what comes back (DESIGN: "Commands on the far side"). The far line
 * is short and holds only arguments; the text to run goes to `sh` on its standard input, between two lines that carry a
 * nonce. `qm` and `ssh` both use exit status 255 and a connection can break at any byte, so only a complete end line
 * says that a command ended and how.
 */

/** What the far side runs: a kept script with arguments, or a program with arguments and its standard input. */
export type Load =
  | { readonly kind: 'script'; readonly text: string; readonly args: readonly string[] }
  | {
      readonly kind: 'argv';
      readonly argv: readonly [string, ...string[]];
      readonly input?: string | undefined;
    };

/** How it is run there. */
export interface Terms {
  readonly deadlineMs: number;
  /** Through `sudo -n`: the login is not root. */
  readonly sudo: boolean;
}

/** Characters that no shell in use gives a meaning to; `=` and `%` only after the first (zsh expands a leading `=`). */
const PLAIN = /^[A-Za-z0-9_@:,./+-][A-Za-z0-9_@%:,./+=-]*$/;

/** One word for a POSIX shell: as it is where that is safe, in single quotes otherwise. Throws on a NUL, which no argument can hold. */
export function quoted(word: string): string {
  if (word.includes('\0')) throw new RangeError('an argument cannot hold a NUL character');
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Words as one line for a POSIX shell. */
export const quotedAll = (words: readonly string[]): string => words.map(quoted).join(' ');

/** The far side's own limit in whole seconds, rounded up: not every `timeout` takes fractions. */
export const farSeconds = (deadlineMs: number): number => Math.max(1, Math.ceil(deadlineMs / 1000));

/**
 * The command line for the far login shell. `timeout` stands inside `sudo`, because an ordinary user's `timeout` may not
 * kill root's processes; SIGKILL, because some tools mask SIGTERM (COMMANDS 0.5).
 */
export function farLine(load: Load, terms: Terms): string {
  const args = load.kind === 'script' && load.args.length > 0 ? ['--', ...load.args] : [];
  return quotedAll([...limited(terms), 'sh', '-s', ...args]);
}

/** The words before everything that runs on a far machine. */
export function limited({ deadlineMs, sudo }: Terms): readonly string[] {
  const limit = ['timeout', '-s', 'KILL', String(farSeconds(deadlineMs))];
  return sudo ? ['sudo', '-n', ...limit] : limit;
}

/**
 * The text for the far `sh`. It is one compound command, which `sh` reads to its end before it runs any of it: a text
 * that was cut off on its way does nothing at all.
 */
export function farInput(load: Load, nonce: string): string {
  return `{
LC_ALL=C; export LC_ALL; PATH="$PATH:/usr/sbin:/sbin"; cd /
printf '%s\\n' '${beginMark(nonce)}'
${body(load)}
printf '\\n%s %d\\n' '${endMark(nonce)}' "$?"
}
`;
}

/** What came back, taken out of its envelope. */
export type Unwrapped =
  /** No begin line: `before` is all there is, often a message of the login or of sudo. */
  | { readonly state: 'not-begun'; readonly before: string }
  /** A begin line and no end line: cut off; it may still be running. */
  | { readonly state: 'cut-off'; readonly before: string; readonly body: string }
  | {
      readonly state: 'ended';
      readonly before: string;
      readonly body: string;
      readonly code: number;
    };

/** Takes the output of a command out of its envelope, byte for byte; noise around it is left out. */
export function unwrap(stdout: string, nonce: string): Unwrapped {
  const begin = `${beginMark(nonce)}\n`;
  const start = stdout.indexOf(begin);
  if (start < 0) return { state: 'not-begun', before: stdout };
  const before = stdout.slice(0, start);
  const rest = stdout.slice(start + begin.length);
  const end = endLine(rest, nonce);
  return end === undefined
    ? { state: 'cut-off', before, body: rest }
    : { state: 'ended', before, body: rest.slice(0, end.at), code: end.code };
}

/** The same where only the beginning (`head`) and the last kilobytes (`tail`) of a long output were kept. */
export function unwrapLong(head: string, tail: string, nonce: string): Unwrapped {
  const it = unwrap(head, nonce);
  const end = it.state === 'cut-off' ? endLine(tail, nonce) : undefined;
  return it.state !== 'cut-off' || end === undefined
    ? it
    : { state: 'ended', before: it.before, body: it.body, code: end.code };
}

/** Whether a complete end line is in a text. */
export const hasEndLine = (text: string, nonce: string): boolean =>
  endLine(text, nonce) !== undefined;

const beginMark = (nonce: string): string => `sre-begin-${nonce}`;
const endMark = (nonce: string): string => `sre-end-${nonce}`;

/** The end line and the newline that was put before it, so that output without a final newline stays what it is. */
function endLine(text: string, nonce: string): { at: number; code: number } | undefined {
  const found = new RegExp(String.raw`\n${endMark(nonce)} (\d{1,3})\n`).exec(text);
  return found === null ? undefined : { at: found.index, code: Number(found[1]) };
}

function body(load: Load): string {
  if (load.kind === 'script') return `(\n${load.text}\n) </dev/null`;
  const program = `( exec ${quotedAll(load.argv)} )`;
  if (load.input === undefined) return `${program} </dev/null`;
  // printf is built into sh: what it writes appears in no list of processes.
  return `printf %s ${quoted(load.input)} | ${program}`;
}
