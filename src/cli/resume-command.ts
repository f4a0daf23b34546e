import { z } from 'zod';
import type { Happening } from '../engine/events.ts';
import { resumeRun } from '../engine/loop.ts';
import { openJournal } from '../journal/append.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { runFolder } from '../journal/run-folder.ts';
import { listRuns } from '../journal/runs.ts';
import { stateHome } from '../inventory/xdg.ts';
import { SreError } from '../runbook/sre-error.ts';
import { chooseRunbook } from './choose-runbook.ts';
import { lockCluster } from './cluster-lock.ts';
import { findRun } from './find-run.ts';
import { labPlaceAgain } from './lab-place.ts';
import type { Place } from './place.ts';
import { session } from './session.ts';
import { tell } from './tell.ts';
import { Signals } from './signals.ts';
import { reasonFrom } from './reason-from.ts';
import { changedSince, takeUp } from './take-up.ts';
import type { TakenUp } from './take-up.ts';

const optionsSchema = z.object({
  operator: z.enum(['you', 'auto']).optional(),
  despite: z.string().optional(),
  inventory: z.string().optional(),
  sshConfig: z.string().optional(),
  manual: z.literal(true).optional(),
  takeOver: z.string().optional(),
  plain: z.literal(true).optional(),
  json: z.literal(true).optional(),
});
type Options = z.output<typeof optionsSchema>;

/**
 * Goes on with a run where it was stopped, from its journal alone: what was looked at is looked at again, what was confirmed is
 * asked again, and what was issued is probed, never issued again (DESIGN: promise 4). Gives the exit code.
 *
 * @param text the run's id or a part of it; without it, the newest run that can be gone on with
 */
export async function resumeCommand(
  text: string | undefined,
  raw: Record<string, unknown>,
): Promise<number> {
  const options = optionsSchema.parse(raw);
  const reason = reasonFrom('--despite', options.despite);
  const home = stateHome(process.env);
  const folder = text === undefined ? await newestOpen(home) : await findRun(home, text);
  const signals = new Signals();
  signals.listen();
  try {
    const taken = await takeUp(folder, reason);
    return taken.started.mode === 'lab'
      ? await inLab(folder, taken, reason, options, signals)
      : await live(home, folder, taken, reason, options, signals);
  } finally {
    signals.close();
  }
}

/** The newest run that is neither over nor under way; one that cannot be read is not passed over, it says why. */
async function newestOpen(home: string): Promise<RunFolder> {
  const runs = await listRuns(home);
  const open = runs.filter(
    (it) =>
      it.state === 'damaged' ||
      (it.state !== 'finished' && it.state !== 'running' && it.mode !== 'plan'),
  );
  const [newest, ...others] = open;
  if (newest === undefined) {
    const held = runs.find((it) => it.state === 'running');
    throw new SreError(
      'nothing-open',
      held === undefined
        ? 'there is no run that can be gone on with'
        : `there is no run that can be gone on with: run ${held.id} is held by a live process`,
      {
        source: 'operator',
        hint:
          held === undefined
            ? '`sre runs` lists them all; `sre runbook` begins one.'
            : 'Go on where it is open, or end it there first; `sre runs` lists them all.',
      },
    );
  }
  if (others.length > 0) {
    tell(`the newest of ${open.length} open runs is gone on with; \`sre runs\` lists the others`);
  }
  return runFolder(home, newest.id);
}

async function inLab(
  folder: RunFolder,
  taken: TakenUp,
  reason: string | undefined,
  options: Options,
  signals: Signals,
): Promise<number> {
  const { lab } = taken.started;
  if (lab === undefined) {
    throw new SreError('no-scenario', `run ${folder.run} does not say which lab it was in`, {
      source: 'operator',
      hint: 'Begin a new one with `sre runbook --lab`.',
    });
  }
  if (options.manual === true) throw notThere('--manual', 'the lab answers by itself');
  return goOn(await labPlaceAgain(lab, folder), folder, taken, reason, options, signals);
}

const notThere = (option: string, because: string): SreError =>
  new SreError('usage', `${option} does not go with this run: ${because}.`, {
    source: 'operator',
    hint: 'Leave it out.',
  });

async function live(
  home: string,
  folder: RunFolder,
  taken: TakenUp,
  reason: string | undefined,
  options: Options,
  signals: Signals,
): Promise<number> {
  if (options.operator === 'auto') {
    throw notThere('--operator auto', 'nothing decides for you on a real cluster');
  }
  const { livePlace } = await import('./live-place.ts');
  const place = await livePlace({
    inventory: options.inventory,
    sshConfig: options.sshConfig,
    home,
    manual: options.manual === true,
    signal: signals.stop,
  });
  try {
    const lock = await lockCluster(home, place.site.cluster, folder.run);
    try {
      for (const note of lock.notes) tell(note);
      return await goOn(place, folder, taken, reason, options, signals);
    } finally {
      await lock.release();
    }
  } finally {
    await place.close();
  }
}

async function goOn(
  place: Place,
  folder: RunFolder,
  taken: TakenUp,
  reason: string | undefined,
  options: Options,
  signals: Signals,
): Promise<number> {
  const { started } = taken;
  const chosen = await chooseRunbook(started.runbook);
  const despite = await changedSince(folder, taken, chosen, place, reason);
  const journal = await openJournal(folder, 'resumed');
  return session(place, journal, started.runbook, options, signals, (world, who) => {
    const resumed: Extract<Happening, { type: 'run.resumed' }> = {
      type: 'run.resumed',
      ...who,
      ...(despite.length === 0 ? {} : { despite }),
      ...(reason === undefined ? {} : { because: reason }),
      ...(place.inventory === started.inventory ? {} : { site: place.site }),
    };
    return resumeRun(chosen.library, journal.events, resumed, world);
  });
}
