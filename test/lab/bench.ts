import { createLab, findScenario, truth } from '../../src/lab/index.ts';
import type { Lab, LabOptions, Truth, World } from '../../src/lab/index.ts';
import type { Command, RawOutput } from '../../src/runbook/command.ts';
import { observe } from '../../src/runbook/observation.ts';
import type { Observation } from '../../src/runbook/observation.ts';
import { getPod } from '../../src/tools/kubectl/pods.ts';
import type { Pod } from '../../src/tools/kubectl/pods.ts';

/** A lab on a bench: asked through the real tools, saved after every answer. */
export interface Bench {
  readonly lab: Lab;
  readonly saved: () => World;
  readonly truth: () => Truth;
  readonly perform: (command: Command<unknown>) => Promise<RawOutput>;
  readonly ask: <T>(command: Command<T>) => Promise<Observation<T>>;
  /** The value; a failure fails the test with its own words. */
  readonly value: <T>(command: Command<T>) => Promise<T>;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly pod: (name: string) => Promise<Pod>;
}

const never = new AbortController().signal;

/** Puts a scenario on the bench, or a world that was saved. */
export function bench(id: string, seed = 1, state?: World, heard?: LabOptions['heard']): Bench {
  const scenario = findScenario(id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  let saved: World | undefined = state;
  const lab = createLab({
    scenario,
    seed,
    ...(state === undefined ? {} : { state }),
    ...(heard === undefined ? {} : { heard }),
    save: (world) => {
      saved = JSON.parse(JSON.stringify(world)) as World;
    },
  });
  const perform = (command: Command<unknown>): Promise<RawOutput> =>
    lab.performer.perform(command, never);
  const ask = async <T>(command: Command<T>): Promise<Observation<T>> =>
    observe(command, await perform(command), lab.clock.now());
  const value = async <T>(command: Command<T>): Promise<T> => {
    const seen = await ask(command);
    if (!seen.ok) throw new Error(`${command.about}: ${seen.why}: ${seen.says}\n${seen.raw}`);
    return seen.value;
  };
  return {
    lab,
    saved: () => saved ?? lab.world,
    truth: () => truth(lab.world),
    perform,
    ask,
    value,
    sleep: (seconds) => lab.clock.sleep(seconds * 1000, never),
    pod: async (name) => {
      const found = await value(getPod(lab.site.cluster, { namespace: 'vault', name }));
      if (found === undefined) throw new Error(`no pod ${name}`);
      return found;
    },
  };
}

/** An argv that runs beside the operator, for what no tool says. */
export const raw = (...argv: [string, ...string[]]): Command<string> => ({
  kind: 'command',
  id: 'test.raw',
  about: argv.join(' '),
  where: { on: 'local' },
  does: 'reads',
  run: { kind: 'argv', argv },
  deadlineMs: 10_000,
  read: (out) => ({ ok: true, value: out.stdout }),
});
