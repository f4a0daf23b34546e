import type { Locks, LockWord } from '../engine/ports.ts';
import { keepLocks } from '../locks/keep-locks.ts';
import type { Keeping } from '../locks/keep-locks.ts';
import { HEARTBEAT_SECONDS } from '../locks/terms.ts';

/** The locks of a run in a process: with a heartbeat as long as they are held, where real time passes. */
export function runLocks(
  keeping: Keeping,
  live: { readonly local: string | undefined; readonly beats: boolean },
): Locks {
  const locks = keepLocks(keeping);
  const never = new AbortController().signal;
  let purpose = '';
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    if (!live.beats || timer !== undefined) return;
    // What a heartbeat finds out is kept by the locks, and stops the run at its next mutation.
    timer = setInterval(() => void locks.renew(purpose, never), HEARTBEAT_SECONDS * 1000).unref();
  };
  const end = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    take: async (step, signal) => {
      purpose = step;
      const report = await locks.take(step, signal);
      if (report.refusal !== undefined) return report;
      begin();
      return live.local === undefined
        ? report
        : { ...report, words: [localWord(live.local), ...report.words] };
    },
    renew: (step, signal) => {
      purpose = step;
      return locks.renew(step, signal);
    },
    release: (signal) => {
      end();
      return locks.release(signal);
    },
  };
}

/** It was taken before the run began, and is given up by the system itself where this process dies. */
const localWord = (what: string): LockWord => ({
  lock: 'local',
  where: 'this machine',
  verdict: 'held',
  because: `${what}: no other run of this user on this machine has it, as long as this process lives`,
});
