import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLab, findScenario, scenarios } from '../lab/index.ts';
import type { Scenario, World } from '../lab/index.ts';

import { digestOf } from '../journal/digest.ts';
import { diskError, isErrno } from '../journal/disk-error.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import { SreError } from '../runbook/sre-error.ts';
import { nearest } from '../inventory/nearest.ts';
import type { Place } from './place.ts';

const fileOf = (folder: RunFolder): string => join(folder.path, 'world.json');

/** A new lab on a scenario: the one of the runbook's own name, where none is named. */
export function labPlace(
  runbook: string,
  scenario: string | true,
  seedText: string,
  folder: RunFolder,
): Place {
  const chosen = scenarioOf(scenario === true ? runbook : scenario);
  const seed = Number(seedText);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new SreError('bad-seed', `--seed is '${seedText}'`, {
      source: 'operator',
      hint: 'Give a whole number from 0.',
    });
  }
  return { ...placeOf(chosen, seed, folder), notes: [chosen.story] };
}

/** The lab of an earlier run, its world as it was when the tool last changed or looked at it. */
export async function labPlaceAgain(
  { scenario, seed }: { readonly scenario: string; readonly seed: number },
  folder: RunFolder,
): Promise<Place> {
  return placeOf(scenarioOf(scenario), seed, folder, await keptWorld(folder, scenario));
}

function scenarioOf(id: string): Scenario {
  const chosen = findScenario(id);
  if (chosen !== undefined) return chosen;
  const ids = scenarios.map((it) => it.id);
  const meant = nearest(id, ids);
  throw new SreError('unknown-scenario', `The lab has no scenario '${id}'.`, {
    source: 'operator',
    hint: `${meant === undefined ? '' : `Did you mean '${meant}'? `}\`sre list --lab\` shows every scenario, and for which runbook it is.`,
  });
}

function placeOf(scenario: Scenario, seed: number, folder: RunFolder, state?: World): Place {
  const file = fileOf(folder);
  const lab = createLab({
    scenario,
    seed,
    ...(state === undefined ? {} : { state }),
    // A rename is atomic: whoever is killed leaves the old world or the new one, never half of one. The lab's time stands
    // still meanwhile, so nothing is gained by waiting in the background, and much time is lost.
    save: (world) => {
      writeFileSync(`${file}.new`, JSON.stringify(world), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
  });
  return {
    mode: 'lab',
    site: lab.site,
    inventory: digestOf(lab.site),
    performer: lab.performer,
    clock: lab.clock,
    lab: { scenario: scenario.id, seed },
    secrets: [],
    notes: [],
    close: async () => {},
  };
}

/** `undefined`: the tool was stopped before anything happened in the lab, so it begins as the scenario does. */
async function keptWorld(folder: RunFolder, scenario: string): Promise<World | undefined> {
  const file = fileOf(folder);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw diskError("read the lab's world from", file, error);
  }
  const world = worldIn(text);
  if (world?.format === 1 && world.scenario === scenario) return world;
  throw new SreError('bad-world', `${file} is not the world of the scenario '${scenario}'`, {
    source: 'operator',
    hint: `Begin anew with \`sre runbook --lab ${scenario}\`.`,
  });
}

/** A file of our own, written whole: what it is tells its format and its scenario. */
function worldIn(text: string): World | undefined {
  try {
    return JSON.parse(text) as World;
  } catch {
    return undefined;
  }
}
