import type { Performer } from '../engine/ports.ts';
import type { Command, RawOutput } from '../runbook/command.ts';
import { runChild } from './child.ts';
import { cancelled, endingOfThrown, nothing, refusal } from './not-begun.ts';
import { scriptPath } from './scripts.ts';
import { inputOf, noSecrets, type Secrets } from './secrets.ts';
import { before, watch } from './watch.ts';

/** How much of each stream is kept where nobody says otherwise: 32 MiB. All pods of a cluster are several megabytes. */
const KEPT_LOCALLY = 32 * 1024 * 1024;

/** What local commands are given. */
export interface LocalOptions {
  readonly secrets?: Secrets;
  /** Added to the environment of every command; `LC_ALL` is always `C`. */
  readonly env?: Readonly<Record<string, string>>;
  /** How much of stdout and of stderr is kept. */
  readonly maxBytes?: number;
}

/**
 * Runs commands beside the operator: no shell, a process group of its own for each, killed whole at the deadline, on
 * abort, and when this process exits (DESIGN: promise 8; STACK 4.1).
 */
export function local(options: LocalOptions = {}): Performer {
  const { secrets = noSecrets, env = {}, maxBytes = KEPT_LOCALLY } = options;
  const running = new Set<() => void>();
  const killAll = (): void => {
    for (const kill of running) kill();
  };

  async function run(command: Command<unknown>, signal: AbortSignal): Promise<RawOutput> {
    if (command.where.on !== 'local') {
      throw refusal('unreachable', `${command.id} runs on another machine, not here`);
    }
    using until = watch(command.deadlineMs, signal);
    if (signal.aborted) throw cancelled();
    const seconds = command.deadlineMs / 1000;
    const input = await before(
      inputOf(command.run, secrets),
      until,
      () => `its secret could not be read within ${seconds} s`,
    );
    const argv = argvOf(command);
    if (running.size === 0) process.once('exit', killAll);
    try {
      return await runChild({ argv, input, env, maxBytes }, until, running);
    } finally {
      if (running.size === 0) process.removeListener('exit', killAll);
    }
  }

  return {
    perform: async (command, signal) => {
      try {
        return await run(command, signal);
      } catch (thrown) {
        return nothing(endingOfThrown(thrown, `${command.id} could not be started`));
      }
    },
  };
}

/** A kept script is run from its file: nothing stands between it and the operator's own `sh`. */
function argvOf({ run }: Command<unknown>): readonly [string, ...string[]] {
  return run.kind === 'argv' ? run.argv : ['sh', scriptPath(run.script), ...run.args];
}
