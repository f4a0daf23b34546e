import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { keptScripts, scriptPath } from '../../src/transport/scripts.ts';
import { newFolder } from './folders.ts';

test('a kept script is found from the root of the package', () => {
  expect(scriptPath('node/tasks')).toBe(resolve('src/tools/node/tasks.sh'));
});

test('the root is the nearest folder upwards whose package is sre', () => {
  const root = newFolder();
  mkdirSync(join(root, 'dist/chunks'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "name": "sre" }');
  writeFileSync(join(root, 'dist/package.json'), '{ "type": "module" }');
  const from = pathToFileURL(join(root, 'dist/chunks/main.js')).href;
  expect(scriptPath('nfs/clients', from)).toBe(join(root, 'src/tools/nfs/clients.sh'));
  const outside = pathToFileURL(join(tmpdir(), 'x.js')).href;
  expect(() => scriptPath('nfs/clients', outside)).toThrow(/package\.json named sre/);
});

test.each([
  '../../etc/passwd',
  'node/../x',
  '/etc/x',
  'node',
  'node/',
  'Node/tasks',
  'a//b',
  'a/b.sh',
  'a/b c',
  '',
])('%j is refused', (name) => {
  expect(() => scriptPath(name)).toThrow(/not the name of a kept script/);
});

test('one that is not there is named', async () => {
  await expect(keptScripts('node/no-such-script')).rejects.toThrow(/node\/no-such-script/);
});
