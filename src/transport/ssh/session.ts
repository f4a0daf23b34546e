import type { ClientChannel } from 'ssh2';
import { Bounded } from '../bounded.ts';
import type { FarExit } from '../verdict.ts';
import type { Over, Watch } from '../watch.ts';

/** What a session on a far machine came to. */
export interface SessionEnd {
  /** It was still running when the watch was over. */
  readonly over: Over | undefined;
  /** Its exit status; `undefined`: none came. */
  readonly exit: FarExit | undefined;
  readonly stdout: Bounded;
  readonly stderr: Bounded;
  readonly elapsedMs: number;
}

/** What is sent, how much of the answer is kept, and how its last words are known. */
export interface Talk {
  readonly input: string;
  readonly maxBytes: number;
  /** Whether the end line is among the last kilobytes. */
  readonly hasEnded: (tail: string) => boolean;
}

/** How long a session may be silent after its end before it is taken for closed: something left behind there may hold it open. */
const QUIET_MS = 1000;

/**
 * Sends a session its text and collects what it prints, until it closes or `until` is over. Closing a session kills
 * nothing on the far side (STACK 3.2): the far `timeout` bounds what is left there.
 */
export async function runSession(
  channel: ClientChannel,
  { input, maxBytes, hasEnded }: Talk,
  until: Watch,
): Promise<SessionEnd> {
  const stdout = new Bounded(maxBytes);
  const stderr = new Bounded(maxBytes);
  let exit: FarExit | undefined;
  const began = performance.now();
  const closed = Promise.withResolvers<undefined>();
  const stderrEnded = Promise.withResolvers<undefined>();
  const quiet = Promise.withResolvers<undefined>();
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const heard = (): void => {
    clearTimeout(timer);
    if (ended) timer = setTimeout(() => quiet.resolve(undefined), QUIET_MS);
  };
  channel.on('data', (chunk: Buffer) => {
    stdout.add(chunk);
    ended ||= hasEnded(stdout.tail());
    heard();
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    stderr.add(chunk);
    heard();
  });
  const exits = (code: number | null, signal?: string): void => {
    exit = code === null ? { signal: (signal ?? 'unknown').replace(/^SIG/, '') } : { code };
    ended = true;
    heard();
  };
  channel.on('exit', exits);
  // A write into a session that ended early: its exit status says more.
  channel.on('error', () => undefined);
  // What ended before anybody listened here says so once more when it closes, and only then.
  channel.on('close', (code?: number | null, signal?: string) => {
    if (code !== undefined) exits(code, signal);
    closed.resolve(undefined);
  });
  channel.stderr.on('end', () => stderrEnded.resolve(undefined));
  channel.end(input);

  const closes = Promise.all([closed.promise, stderrEnded.promise]).then(() => undefined);
  const over = await Promise.race([closes, quiet.promise, until.over]);
  clearTimeout(timer);
  channel.close();
  return { over, exit, stdout, stderr, elapsedMs: performance.now() - began };
}
