import { catalogue } from '../../runbooks/catalogue.ts';
import type { Entry } from '../../runbooks/catalogue.ts';
import { callsOf, loadRunbooks } from '../runbook/load.ts';
import type { Library } from '../runbook/load.ts';
import type { Runbook } from '../runbook/runbook.ts';
import { SreError } from '../runbook/sre-error.ts';
import { nearest } from '../inventory/nearest.ts';

/** A runbook that was asked for, and the library it runs in: itself, and every runbook that it may call. */
export interface Chosen {
  readonly book: Runbook;
  readonly library: Library;
}

/** Loads one runbook with all that it calls, however deep, checked; an unknown id is answered with the nearest one. */
export async function chooseRunbook(
  id: string,
  from: readonly Entry[] = catalogue,
): Promise<Chosen> {
  const entry = from.find((it) => it.id === id);
  if (entry === undefined) {
    const ids = from.map((it) => it.id);
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
  return { book, library: loadRunbooks([book, ...(await calledBy(book, from))]) };
}

/** What a runbook calls, and what that calls. One that is not in the catalogue is left to the checks, which name the step. */
async function calledBy(book: Runbook, from: readonly Entry[]): Promise<readonly Runbook[]> {
  const known = new Set([book.id]);
  const found: Runbook[] = [];
  let front: readonly Runbook[] = [book];
  while (front.length > 0) {
    const ids = front.flatMap((it) => callsOf(it).map(([, called]) => called));
    const fresh = [...new Set(ids)].filter((it) => !known.has(it));
    for (const it of fresh) known.add(it);
    // oxlint-disable-next-line no-await-in-loop -- what is called is known only once its caller is loaded
    front = await Promise.all(from.filter((it) => fresh.includes(it.id)).map((it) => it.load()));
    found.push(...front);
  }
  return found;
}
