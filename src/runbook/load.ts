import { checkRunbook } from './check/check.ts';
import { sayFault } from './check/fault.ts';
import type { Fault } from './check/fault.ts';
import type { Runbook } from './runbook.ts';
import { SreError } from './sre-error.ts';

/** The runbooks that may be started or called, by id. */
export type Library = ReadonlyMap<string, Runbook>;

/** The faults of runbooks that were checked already: a runbook is data, and stays as sound as it was. */
const checked = new WeakMap<Runbook, readonly Fault[]>();

function faultsOf(book: Runbook): readonly Fault[] {
  const known = checked.get(book) ?? checkRunbook(book);
  checked.set(book, known);
  return known;
}

/** Accepts runbooks whose graphs are sound; throws an {@link SreError} that names every fault otherwise. */
export function loadRunbooks(books: readonly Runbook[]): Library {
  const library = new Map(books.map((book) => [book.id, book]));
  const faults = [
    ...books.flatMap(faultsOf).map(sayFault),
    ...twice(books.map((book) => book.id)).map(
      (id) => `${id}: two runbooks have this id. Give one of them another.`,
    ),
    ...books.flatMap((book) => checkCalls(book, library)).map(sayFault),
  ];
  if (faults.length > 0) {
    throw new SreError(
      'runbook-unsound',
      `The runbooks cannot be used:\n  ${faults.join('\n  ')}`,
      {
        source: 'bug',
      },
    );
  }
  return library;
}

const twice = (ids: readonly string[]): readonly string[] => [
  ...new Set(ids.filter((id, i) => ids.indexOf(id) < i)),
];

/** The steps that call another runbook, and which one. */
export const callsOf = (book: Runbook): readonly (readonly [step: string, runbook: string])[] =>
  Object.entries(book.steps).flatMap(([id, step]) =>
    step.kind === 'call' ? [[id, step.runbook] as const] : [],
  );

/** Every call leads to a runbook that is loaded, and none leads back to its own: that would be a loop without a bound. */
function checkCalls(book: Runbook, library: Library): readonly Fault[] {
  return callsOf(book).flatMap(([step, called]): Fault[] => {
    if (!library.has(called)) {
      const fix = `Load it too, or call one of: ${[...library.keys()].join(', ')}.`;
      return [{ runbook: book.id, step, wrong: `it calls '${called}', which is not loaded`, fix }];
    }
    return calledFrom(called, library).has(book.id)
      ? [
          {
            runbook: book.id,
            step,
            wrong: `it calls '${called}', which comes back to '${book.id}'`,
            fix: 'Lead the outcome to a step instead, or end with what is left to do.',
          },
        ]
      : [];
  });
}

/** The runbook and every one that it may call, however deep, in the order in which they are met. */
export function calledFrom(start: string, library: Library): ReadonlySet<string> {
  const found = new Set([start]);
  for (const id of found) {
    const book = library.get(id);
    if (book !== undefined) for (const [, called] of callsOf(book)) found.add(called);
  }
  return found;
}
