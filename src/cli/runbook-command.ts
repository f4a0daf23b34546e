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
import { approvalsFrom } from '../plan/approval.ts';
import { beginningDiffers } from '../plan/as-planned.ts';
import type { Beginning } from '../plan/as-planned.ts';
import { describeInWords } from '../plan/words.ts';
import { SreError } from '../runbook/sre-error.ts';
import { chooseRunbook } from './choose-runbook.ts';
import type { Chosen } from './choose-runbook.ts';
import { lockCluster } from './cluster-lock.ts';
import type { Holding } from './held-to-plan.ts';
import { paramsFrom } from './params.ts';
import type { Place } from './place.ts';
import { planFrom, refuseFile, savePlan } from './plan-file.ts';
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
  out: z.string().optional(),
  plan: z.string().optional(),
  approve: z.array(z.string()),
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
  if (options.out !== undefined) await refuseFile(options.out);
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
  return runIn(place, chosen, params, options, () => openRunFolder(home, run), signals);
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
      return await runIn(place, chosen, params, options, () => openRunFolder(home, run), signals);
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
  if (options.out !== undefined && (options.dryRun !== true || options.offline === true)) {
    throw usage('--out saves the plan that --dry-run makes.', 'Add --dry-run, or leave it out.');
  }
  if (options.plan !== undefined && (options.dryRun === true || options.offline === true)) {
    throw usage(
      '--plan holds a run to a plan, and a plan is no run.',
      'Leave --dry-run and --offline out, or make another plan without it.',
    );
  }
  if (options.approve.length > 0 && options.plan === undefined) {
    throw usage(
      '--approve is bound to a plan: what is approved must be what was planned.',
      'Make one with --dry-run --out FILE, read it, and give it with --plan FILE.',
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
  openFolder: () => Promise<RunFolder>,
  signals: Signals,
): Promise<number> {
  const { book, library } = chosen;
  const description = describeAll(library, book);
  const beginning = {
    runbook: book.id,
    version: book.version,
    digest: digestOf(description),
    params,
    cluster: place.site.cluster.name,
    inventory: place.inventory,
    ...(place.lab === undefined ? {} : { lab: place.lab }),
  };
  const holding = options.plan === undefined ? undefined : await held(options, beginning);
  const folder = await openFolder();
  await keepDescription(folder, description);
  const journal = await openJournal(folder, 'new');
  const code = await session(
    place,
    journal,
    book.id,
    options,
    signals,
    (world, who) =>
      startRun(
        library,
        folder.run,
        {
          type: 'run.started',
          ...beginning,
          mode: options.dryRun === true ? 'plan' : place.mode,
          site: place.site,
          ...who,
        },
        world,
      ),
    holding,
  );
  if (options.out !== undefined) tell(await savePlan(folder, options.out));
  return code;
}

/** The plan that the run is held to; throws where the run is another one from its very beginning. */
async function held(
  { plan: path = '', approve }: Options,
  beginning: Beginning,
): Promise<Pick<Holding, 'plan' | 'approvals'>> {
  const plan = await planFrom(path);
  const differs = beginningDiffers(plan, beginning);
  if (differs.length > 0) {
    throw new SreError('not-as-planned', `this is not what was planned: ${differs.join('; ')}`, {
      source: 'operator',
      hint: 'make the plan anew with --dry-run --out FILE, and read it',
    });
  }
  tell(`held to the plan of ${plan.at}, made by ${plan.by}, digest ${plan.digest.slice(0, 12)}`);
  return { plan, approvals: approvalsFrom(approve, plan) };
}
