import type { Clock, Locks, Performer } from '../../src/engine/ports.ts';
import { answer } from '../../src/lab/answers/answer.ts';
import { findScenario } from '../../src/lab/index.ts';
import { siteOf } from '../../src/lab/site.ts';
import type { World } from '../../src/lab/world.ts';
import { keepLocks } from '../../src/locks/keep-locks.ts';
import type { Command, Ending, RawOutput } from '../../src/runbook/command.ts';
import type { Site } from '../../src/runbook/site.ts';

/**
 * What happens to a command: it comes to its end, it never begins, it is lost on its way there, or its answer is lost on the
 * way back.
 */
export type Fate = 'answered' | 'never-begun' | 'lost-before' | 'lost-after';

export const isLease = (command: Command<unknown>): boolean => command.where.on === 'local';

/** Both locks in memory, without latency: what the lab's API server and hypervisor keep, and a clock that is set by hand. */
export interface Shared {
  world: World;
  /** What was asked, by the id of the command. */
  readonly asked: string[];
  readonly after: (seconds: number) => void;
  readonly keeper: (run: string, how?: How) => Locks;
}

export interface How {
  readonly fate?: (command: Command<unknown>) => Fate;
  /** Waits for its turn before a command arrives, and before its answer does. */
  readonly hop?: () => Promise<void>;
  readonly takeOver?: string;
  readonly site?: (site: Site) => Site;
  /** Seconds by which its own clock is ahead. */
  readonly ahead?: number;
}

const ended = (ending: Ending): RawOutput => ({ ending, stdout: '', stderr: '', truncated: false });
const LOST = ended({ how: 'lost', because: 'the connection broke' });
const NOT_BEGUN = ended({
  how: 'refused',
  why: 'unreachable',
  because: 'connect to 192.168.1.127 port 22: No route to host',
});

/** A cluster without trouble, and nobody who holds anything. */
export function shared(): Shared {
  const scenario = findScenario('healthy');
  if (scenario === undefined) throw new Error('no healthy scenario');
  const first = scenario.make(1);
  const asked: string[] = [];

  const arrive = (command: Command<unknown>): RawOutput => {
    asked.push(command.id);
    const { world, said } = answer(it.world, command);
    it.world = world;
    if (said.is !== 'exit') return LOST;
    const { code, stdout, stderr } = said;
    return { ending: { how: 'exited', code }, stdout, stderr, truncated: false };
  };

  const performerOf = ({ fate = () => 'answered', hop = async () => {} }: How): Performer => ({
    perform: async (command, signal) => {
      await hop();
      if (signal.aborted) return ended({ how: 'cancelled' });
      const what = fate(command);
      if (what === 'never-begun') return NOT_BEGUN;
      if (what === 'lost-before') return LOST;
      const out = arrive(command);
      await hop();
      return what === 'lost-after' ? LOST : out;
    },
  });

  const it: Shared = {
    world: first,
    asked,
    after: (seconds) => {
      it.world = { ...it.world, at: it.world.at + seconds * 1000 };
    },
    keeper: (run, how = {}) => {
      const clock: Clock = {
        now: () => it.world.at + (how.ahead ?? 0) * 1000,
        sleep: async () => {},
      };
      const site = siteOf(it.world);
      return keepLocks({
        site: how.site?.(site) ?? site,
        me: { run, owner: `ops@${run.toLowerCase()}`, runbook: 'vault-raft-deadlock' },
        performer: performerOf(how),
        clock,
        ...(how.takeOver === undefined ? {} : { takeOver: how.takeOver }),
      });
    },
  };
  return it;
}

export const never = new AbortController().signal;
