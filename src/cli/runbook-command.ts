import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { startRun } from '../engine/loop.ts';
import { openJournal } from '../journal/append.ts';
import { keepDescription } from '../journal/description.ts';
import { digestOf } from '../journal/digest.ts';
import { openRunFolder, runFolder } from '../journal/run-folder.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { runId } from '../journal/run-id.ts';
import { stateHome } from '../inventory/xdg.ts';
import { describeAll } from '../plan/describe.ts';
import { describeInWords } from '../plan/words.ts';
import { SreError } from '../runbook/sre-error.ts';
import { chooseRunbook } from './choose-runbook.ts';
import type { Chosen } from './choose-runbook.ts';
import { lockCluster } from './cluster-lock.ts';
import { paramsFrom } from './params.ts';
import type { Place } from './place.ts';
import { session } from './session.ts';
import { tell } from './tell.ts';
import { Signals } from './signals.ts';

const optionsSchema = z.object({
  lab: z.union([z.string(), z.literal(true)]).optional(),
  operator: z.enum(['you', 'auto']).optional(),
  seed: z.string(),
  dryRun: z.literal(true).optional(),
  offline: z.literal(true).optional(),
  set: z.array(z.string()),
  inventory: z.string().optional(),
  sshConfig: z.string().optional(),
  manual: z.literal(true).optional(),
  takeOver: z.string().optional(),
  plain: z.literal(true).optional(),
  json: z.literal(true).optional(),
});
type Options = z.output<typeof optionsSchema>;

/** Runs a runbook in the lab or for real, guided, plain or as JSON; gives the exit code (DESIGN, The command line). */
export async function runbookCommand(id: string, raw: Record<string, unknown>): Promise<number> {
  const options = optionsSchema.parse(raw);
  const chosen = await chooseRunbook(id);
  const params = paramsFrom(chosen.book, options.set);
  refuseContradictions(options);
  if (options.offline === true) {
    const description = describeAll(chosen.library, chosen.book, params);
    process.stdout.write(
      options.json === true ? `${JSON.stringify(description)}\n` : describeInWords(description),
    );
    return 0;
  }
  const home = stateHome(process.env);
  const run = runId(Date.now(), randomBytes(10));
  const signals = new Signals();
  signals.listen();
  try {
    const { lab } = options;
    return lab === undefined
      ? await runLive(home, chosen, params, run, options, signals)
      : await runInLab(home, lab, chosen, params, run, options, signals);
  } finally {
    signals.close();
  }
}

/** The lab keeps its world in the run's folder, which is made once scenario and seed are sound. */
async function runInLab(
  home: string,
  lab: string | true,
  chosen: Chosen,
  params: unknown,
  run: string,
  options: Options,
  signals: Signals,
): Promise<number> {
  const { labPlace } = await import('./lab-place.ts');
  const place = labPlace(chosen.book.id, lab, options.seed, runFolder(home, run));
  const folder = await openRunFolder(home, run);
  return runIn(place, chosen, params, options, folder, signals);
}

/** A refused inventory or a locked cluster leaves nothing behind: the run's folder is made last. */
async function runLive(
  home: string,
  chosen: Chosen,
  params: unknown,
  run: string,
  options: Options,
  signals: Signals,
): Promise<number> {
  const { livePlace } = await import('./live-place.ts');
  const place = await livePlace({
    inventory: options.inventory,
    sshConfig: options.sshConfig,
    home,
    manual: options.manual === true,
    signal: signals.stop,
  });
  try {
    // A plan changes nothing, and may be made beside a run.
    const lock =
      options.dryRun === true ? undefined : await lockCluster(home, place.site.cluster, run);
    try {
      for (const note of lock?.notes ?? []) tell(note);
      const folder = await openRunFolder(home, run);
      return await runIn(place, chosen, params, options, folder, signals);
    } finally {
      await lock?.release();
    }
  } finally {
    await place.close();
  }
}

const usage = (message: string, hint: string): SreError =>
  new SreError('usage', message, { source: 'operator', hint });

function refuseContradictions(options: Options): void {
  if (options.operator === 'auto' && options.lab === undefined) {
    throw usage(
      '--operator auto decides in the lab alone: nothing decides for you on a real cluster.',
      'Add --lab, or leave it out.',
    );
  }
  if (options.manual === true && options.lab !== undefined) {
    throw usage(
      '--manual and --lab do not go together: the lab answers by itself.',
      'Leave one of them out.',
    );
  }
}

async function runIn(
  place: Place,
  chosen: Chosen,
  params: unknown,
  options: Options,
  folder: RunFolder,
  signals: Signals,
): Promise<number> {
  const { book, library } = chosen;
  const description = describeAll(library, book);
  await keepDescription(folder, description);
  const journal = await openJournal(folder, 'new');
  return session(place, journal, book.id, options, signals, (world, who) =>
    startRun(
      library,
      folder.run,
      {
        type: 'run.started',
        runbook: book.id,
        version: book.version,
        digest: digestOf(description),
        params,
        mode: options.dryRun === true ? 'plan' : place.mode,
        cluster: place.site.cluster.name,
        inventory: place.inventory,
        site: place.site,
        ...who,
        ...(place.lab === undefined ? {} : { lab: place.lab }),
      },
      world,
    ),
  );
}
