import { checkRunbook, sayFault } from './check.ts';
import type { Runbook } from './runbook.ts';
import { SreError } from './sre-error.ts';

/** The runbooks that may be started or called, by id. */
export type Library = ReadonlyMap<string, Runbook>;

/** Accepts runbooks whose graphs are sound; throws an {@link SreError} that names every fault otherwise. */
export function loadRunbooks(books: readonly Runbook[]): Library {
  const faults = books.flatMap(checkRunbook).map(sayFault);
  const library = new Map(books.map((book) => [book.id, book]));
  if (library.size < books.length) faults.push('Two runbooks share one id.');
  for (const book of books) {
    for (const [id, step] of Object.entries(book.steps)) {
      if (step.kind === 'call' && !library.has(step.runbook)) {
        faults.push(`${book.id}, step '${id}': it calls '${step.runbook}', which is not loaded.`);
      }
    }
  }
  if (faults.length > 0) {
    throw new SreError('runbook-unsound', `The runbooks cannot be used:\n  ${faults.join('\n  ')}`, {
      source: 'bug',
    });
  }
  return library;
}
