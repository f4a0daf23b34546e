import type { Command, RawOutput } from '../runbook/command.ts';
import type { Site } from '../runbook/site.ts';
import type { Clock, Performer } from '../engine/ports.ts';
import { answer, latencyMs, lineOf } from './answers/answer.ts';
import type { AnswerId } from './marks/answers.ts';
import type { Said } from './said.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { siteOf } from './site.ts';
import { settle } from './step.ts';
import { VirtualTime } from './virtual-time.ts';
import type { World } from './world.ts';

/** What a lab is made from. */
export interface LabOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** A world that was kept earlier: the lab goes on from there, and `seed` is the world's own. */
  readonly state?: World;
  /** Keeps the world; called before any answer that follows a change, so that a killed tool loses nothing. */
  readonly save: (world: World) => Promise<void> | void;
  /** Learns which behaviour answered each command: what it rests on stands in `marks/`. */
  readonly heard?: (by: AnswerId) => void;
  /** Lets a person feel that time passes: waits some real time before the lab's clock goes on by `ms`. */
  readonly pace?: (ms: number) => Promise<void>;
}

/** A simulated cluster that answers the tool's real commands, with its own time. */
export interface Lab {
  readonly performer: Performer;
  readonly clock: Clock;
  readonly site: Site;
  /** The world as it is now: plain data, good for JSON. */
  readonly world: World;
}

const never = (because: Exclude<RawOutput['ending'], { how: 'exited' }>): RawOutput => ({
  ending: because,
  stdout: '',
  stderr: '',
  truncated: false,
});

const CANCELLED = never({ how: 'cancelled' });

/** When a command ends and with what, from what was said and the way it still has to go. */
function outcome(
  said: Said,
  command: Command<unknown>,
  started: number,
  back: number,
): [number, RawOutput] {
  const deadline = started + command.deadlineMs;
  if (said.is === 'refused') {
    return [back, never({ how: 'refused', why: said.why, because: said.because })];
  }
  if (said.is === 'hang' || back + said.afterMs >= deadline)
    return [deadline, never({ how: 'deadline' })];
  const { code, stdout, stderr } = said;
  return [
    back + said.afterMs,
    { ending: { how: 'exited', code }, stdout, stderr, truncated: false },
  ];
}

function performerOf(time: VirtualTime, heard: LabOptions['heard']): Performer {
  return {
    perform: (command, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(CANCELLED);
        const started = time.world.at;
        const latency = latencyMs(time.world, command);
        const line = lineOf(command);
        let callOff: () => void;
        const cancel = (): void => {
          callOff();
          resolve(CANCELLED);
        };
        const fail = (error: unknown): void =>
          resolve(
            never({ how: 'lost', because: `the lab could not keep its world: ${String(error)}` }),
          );
        const finish = (out: RawOutput) => async (): Promise<void> => {
          signal.removeEventListener('abort', cancel);
          await time.keep().then(() => resolve(out), fail);
        };
        const arrive = async (): Promise<void> => {
          const before = time.world;
          const { world, said } = answer(before, command);
          heard?.(said.by);
          if (world !== before) {
            time.change(settle(world));
            await time.keep().catch(fail);
          }
          const [at, out] = outcome(said, command, started, started + latency);
          callOff = time.at(at, line, finish(out));
        };
        callOff = time.at(started + Math.ceil(latency / 2), line, arrive);
        signal.addEventListener('abort', cancel, { once: true });
      }),
  };
}

const clockOf = (time: VirtualTime): Clock => ({
  now: () => time.world.at,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return resolve();
      const callOff = time.at(time.world.at + ms, 'sleep', async () => {
        signal.removeEventListener('abort', wake);
        await time.keep().then(resolve, reject);
      });
      function wake(): void {
        callOff();
        resolve();
      }
      signal.addEventListener('abort', wake, { once: true });
    }),
});

/** Builds a lab: from a scenario and a seed, or from a world that was kept. */
export function createLab(options: LabOptions): Lab {
  const world = options.state ?? options.scenario.make(options.seed);
  const time = new VirtualTime(settle(world), options.save, options.pace);
  return {
    performer: performerOf(time, options.heard),
    clock: clockOf(time),
    site: siteOf(world),
    get world() {
      return time.world;
    },
  };
}
