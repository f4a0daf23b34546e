import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import pkg from '../package.json' with { type: 'json' };
import { catalogue } from '../runbooks/catalogue.ts';
import { EXAMPLE_INVENTORY, MINIMAL_INVENTORY } from '../src/inventory/example.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('the page on the inventory shows the very examples that are tested', () => {
  const page = read('docs/inventory.md');
  expect(page).toContain(MINIMAL_INVENTORY);
  expect(page).toContain(EXAMPLE_INVENTORY);
});

test('every dependency earns its place in a line, at an exact version', () => {
  const page = read('docs/dependencies.md');
  for (const [name, version] of Object.entries({ ...pkg.dependencies, ...pkg.devDependencies })) {
    expect(page).toContain(`\`${name}\``);
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test('the lock file records no download address', () => {
  expect(read('package-lock.json')).not.toContain('"resolved"');
});

test.for(catalogue)('the catalogue says of $id what the runbook says of itself', async (entry) => {
  const book = await entry.load();
  expect({ id: entry.id, title: entry.title }).toEqual({ id: book.id, title: book.title });
});

test('every runbook of the folder is in the catalogue', () => {
  const folders = readdirSync(new URL('../runbooks', import.meta.url), { withFileTypes: true });
  const ids = folders.filter((it) => it.isDirectory()).map((it) => it.name);
  expect(catalogue.map((it) => it.id).toSorted()).toEqual(ids.toSorted());
});
