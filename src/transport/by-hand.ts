import type { Performer } from '../engine/ports.ts';
import type { Command, Ending, RawOutput } from '../runbook/command.ts';
import { farLine, limited, quoted, quotedAll } from './envelope.ts';
import { messageOf, nothing } from './not-begun.ts';

/** What running by hand needs of a terminal; the terminal room implements it. */
export interface Hands {
  /** Shows what to run: the machine in words, and the text to type there. Rejects where nobody can see it. */
  readonly show: (order: Order) => void | Promise<void>;
  /** Takes what the command printed, pasted as a whole. */
  readonly paste: (signal: AbortSignal) => Promise<string>;
  /** Asks for the exit status; the terminal offers 0. */
  readonly exit: (signal: AbortSignal) => Promise<number>;
}

/** A command as a person runs it. */
export interface Order {
  readonly command: Command<unknown>;
  /** `here`, `on node k8s-node1`, `on host pve1`. */
  readonly where: string;
  /** One line for a POSIX shell there. */
  readonly line: string;
}

/**
 * Runs nothing itself: shows each command, and takes its output and exit status from the operator, for the same parser
 * (`--manual`). A person has no deadline; `signal` ends the wait.
 */
export function byHand(hands: Hands): Performer {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    // A person has one pair of hands: what a step asks side by side is asked one after the other.
    perform: (command, signal) => {
      const mine = turn.then(() => performOne(hands, command, signal));
      turn = mine;
      return mine;
    },
  };
}

async function performOne(
  hands: Hands,
  command: Command<unknown>,
  signal: AbortSignal,
): Promise<RawOutput> {
  if (signal.aborted) return nothing({ how: 'cancelled' });
  let shown = false;
  try {
    await hands.show(orderOf(command));
    shown = true;
    const pasted = await untilAborted(hands.paste(signal), signal);
    const code = await untilAborted(hands.exit(signal), signal);
    return answered(pasted, code);
  } catch (thrown) {
    return nothing(unanswered(thrown, shown, signal));
  }
}

/**
 * A command as a person types it. What runs on other machines is what the tool itself would send there, without the
 * envelope: the script is read from its file.
 */
export function orderOf(command: Command<unknown>): Order {
  const { where, run, deadlineMs } = command;
  const place =
    where.on === 'local'
      ? 'here'
      : where.on === 'node'
        ? `on node ${where.node}`
        : `on host ${where.host}`;
  if (run.kind === 'script') {
    const file = `src/tools/${run.script}.sh`;
    const line =
      where.on === 'local'
        ? quotedAll(['sh', file, ...run.args])
        : `${farLine({ kind: 'script', text: '', args: run.args }, { deadlineMs, sudo: true })} < ${file}`;
    return { command, where: place, line };
  }
  const limit = where.on === 'local' ? [] : limited({ deadlineMs, sudo: true });
  const line = quotedAll([...limit, ...run.argv]);
  return { command, where: place, line: fed(line, run.stdin) };
}

type TypedInput = Extract<Command<unknown>['run'], { kind: 'argv' }>['stdin'];

/** A secret is never printed: the line names the file that a person has to put in. */
function fed(line: string, stdin: TypedInput): string {
  if (stdin === undefined) return `${line} </dev/null`;
  return stdin.kind === 'text'
    ? `printf %s ${quoted(stdin.text)} | ${line}`
    : `${line} < FILE-WITH-${stdin.secret.toUpperCase()}`;
}

const answered = (pasted: string, code: number): RawOutput => ({
  ending: { how: 'exited', code },
  stdout: pasted.replaceAll('\r\n', '\n'),
  // A terminal shows both streams as one: of a failure it is the words on the error stream that say why.
  stderr: code === 0 ? '' : pasted.replaceAll('\r\n', '\n'),
  truncated: false,
});

/** Once it was shown it may have been run: without an answer its outcome is unknown, not absent. */
function unanswered(thrown: unknown, shown: boolean, signal: AbortSignal): Ending {
  if (signal.aborted) return { how: 'cancelled' };
  const because = `nobody said what it printed: ${messageOf(thrown)}`;
  return shown ? { how: 'lost', because } : { how: 'refused', why: 'unreachable', because };
}

/** A prompt that does not listen to its signal must not hold the run. */
async function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(new Error('cancelled'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
