import type { ChildProcess } from 'node:child_process';
import { execa } from 'execa';
import type { Ending, RawOutput } from '../runbook/command.ts';
import { Bounded } from './bounded.ts';
import { pause, type Watch } from './watch.ts';

/** A program to run beside the operator. */
export interface Program {
  readonly argv: readonly [string, ...string[]];
  /** Its standard input; nothing: `/dev/null`. */
  readonly input: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

/** How long output may trickle in after the program itself ended while someone else holds its pipes. */
const DRAIN_MS = 500;
/** How long a killed group may take to close its pipes; one in D state never does. */
const LAST_WORDS_MS = 100;

/**
 * Runs a program without a shell, in a process group of its own, until it ends or `until` is over: the whole group is
 * killed then. A grandchild that holds the pipe delays nobody (STACK 4.1). `running` holds the kill of each group that
 * is alive.
 */
export async function runChild(
  program: Program,
  until: Watch,
  running: Set<() => void>,
): Promise<RawOutput> {
  const [file, ...args] = program.argv;
  const child = execa(file, args, {
    detached: true,
    killDescendants: true,
    killSignal: 'SIGKILL',
    forceKillAfterDelay: false,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: program.input === undefined ? 'ignore' : 'pipe',
    ...(program.input === undefined ? {} : { input: program.input }),
    env: { ...program.env, LC_ALL: 'C' },
  });
  const stdout = new Bounded(program.maxBytes);
  const stderr = new Bounded(program.maxBytes);
  child.stdout.on('data', stdout.add);
  child.stderr.on('data', stderr.add);
  const kill = (): void => void child.kill('SIGKILL');
  running.add(kill);

  const closed = child.then((end) => endingOf(file, end));
  const ending = await Promise.race([
    closed,
    exitedAndDrained(child.nodeChildProcess, file),
    until.over,
  ]);
  if (typeof ending === 'string') {
    kill();
    await Promise.race([closed, pause(LAST_WORDS_MS)]);
  }
  running.delete(kill);
  // Whoever still holds the other end must not keep this process alive.
  child.stdout.destroy();
  child.stderr.destroy();
  child.nodeChildProcess.unref();
  return {
    ending: typeof ending === 'string' ? { how: ending } : ending,
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: stdout.truncated || stderr.truncated,
  };
}

/** The program's own end counts, even where a grandchild keeps its pipes open. */
async function exitedAndDrained(child: ChildProcess, file: string): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  child.once('exit', (exitCode: number | null, signal: string | null) => {
    resolve({ exitCode, signal });
  });
  const end = await promise;
  await pause(DRAIN_MS);
  return endingOf(file, end);
}

interface Ended {
  readonly code?: string | undefined;
  readonly exitCode?: number | null | undefined;
  readonly signal?: string | null | undefined;
  readonly originalMessage?: string | undefined;
}

function endingOf(file: string, end: Ended): Ending {
  if (typeof end.exitCode === 'number') return { how: 'exited', code: end.exitCode };
  if (typeof end.signal === 'string') {
    return { how: 'lost', because: `${file} was killed by ${end.signal}` };
  }
  return neverStarted(file, end);
}

function neverStarted(file: string, { code, originalMessage }: Ended): Ending {
  if (code === 'ENOENT') {
    const because = file.includes('/')
      ? `${file} does not exist: install it, or name another path`
      : `${file} is not installed (not found in PATH): install it, or add its folder to PATH`;
    return { how: 'refused', why: 'unreachable', because };
  }
  if (code === 'EACCES') {
    const because = `${file} may not be run by you: make it executable (chmod +x)`;
    return { how: 'refused', why: 'denied', because };
  }
  const because = `${file} could not be started: ${originalMessage ?? code ?? 'no reason given'}`;
  return { how: 'refused', why: 'unreachable', because };
}
