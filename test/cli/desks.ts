import { test as plain } from 'vitest';
import { Desk } from './sre.ts';

/** A folder for each run that a test needs; all are removed when it is over. */
export const test = plain.extend<{ desk: () => Desk }>({
  // oxlint-disable-next-line no-empty-pattern -- a fixture says by its pattern what it needs
  desk: async ({}, use) => {
    const all: Desk[] = [];
    await use(() => {
      const it = new Desk();
      all.push(it);
      return it;
    });
    for (const it of all) it.clear();
  },
});
