import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLab, findScenario, scenarios } from '../lab/index.ts';
import { digestOf } from '../journal/digest.ts';
import { SreError } from '../runbook/sre-error.ts';
import { nearest } from '../inventory/nearest.ts';
import type { Place } from './place.ts';

/** The scenario that a runbook is rehearsed on when none is named: the one of its own name. */
export function labPlace(
  runbook: string,
  scenario: string | true,
  seedText: string,
  folder: string,
): Place {
  const id = scenario === true ? runbook : scenario;
  const chosen = findScenario(id);
  if (chosen === undefined) {
    const ids = scenarios.map((it) => it.id);
    const meant = nearest(id, ids);
    throw new SreError('unknown-scenario', `The lab has no scenario '${id}'.`, {
      source: 'operator',
      hint:
        meant === undefined
          ? `It has: ${ids.join(', ')}.`
          : `Did you mean '${meant}'? It has: ${ids.join(', ')}.`,
    });
  }
  const seed = Number(seedText);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new SreError('bad-seed', `--seed is '${seedText}'`, {
      source: 'operator',
      hint: 'Give a whole number from 0.',
    });
  }
  const file = join(folder, 'world.json');
  const lab = createLab({
    scenario: chosen,
    seed,
    // A rename is atomic: whoever is killed leaves the old world or the new one, never half of one.
    save: async (world) => {
      await writeFile(`${file}.new`, JSON.stringify(world), { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  });
  return {
    mode: 'lab',
    site: lab.site,
    inventory: digestOf(lab.site),
    performer: lab.performer,
    clock: lab.clock,
    lab: { scenario: id, seed },
    secrets: [],
    notes: [chosen.story],
    close: async () => {},
  };
}
