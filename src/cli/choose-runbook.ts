import { catalogue } from '../../runbooks/catalogue.ts';
import { loadRunbooks } from '../runbook/load.ts';
import type { Runbook } from '../runbook/runbook.ts';
import { SreError } from '../runbook/sre-error.ts';
import { nearest } from '../inventory/nearest.ts';

/** Loads one runbook of the catalogue, checked; an unknown id is answered with the nearest one. */
export async function chooseRunbook(id: string): Promise<Runbook> {
  const entry = catalogue.find((it) => it.id === id);
  if (entry === undefined) {
    const ids = catalogue.map((it) => it.id);
    const meant = nearest(id, ids);
    throw new SreError('unknown-runbook', `There is no runbook '${id}'.`, {
      source: 'operator',
      hint:
        meant === undefined
          ? `There are: ${ids.join(', ')}.`
          : `Did you mean '${meant}'? \`sre list\` shows all.`,
    });
  }
  const book = await entry.load();
  loadRunbooks([book]);
  return book;
}
