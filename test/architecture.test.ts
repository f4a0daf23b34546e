import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/** DESIGN, The house: the rooms from the top down. A room imports only from rooms below it, and these packages. */
const ROOMS: readonly (readonly [room: string, packages: readonly string[]])[] = [
  ['bin', ['node:']],
  ['cli', ['node:', 'commander', 'zod']],
  ['report', []],
  ['terminal', ['node:', 'chalk', 'listr2', '@inquirer/prompts']],
  ['explore', ['zod']],
  ['lab', ['node:']],
  ['transport', ['node:', 'execa', 'ssh2']],
  ['inventory', ['node:', 'yaml', 'zod']],
  ['replay', []],
  ['plan', ['zod']],
  ['journal', ['node:', 'zod']],
  ['locks', []],
  ['engine', ['zod']],
  ['deeds', ['zod']],
  ['guards', ['zod']],
  ['tools', ['zod']],
  ['runbook', ['zod']],
];

/** Beside the order: who else may use what. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  cli: ['runbooks', 'package.json'],
  runbooks: ['runbook', 'tools', 'guards', 'deeds', 'zod'],
};

/** Rooms that know no clock, no chance and no machine: time and chance come in as events. */
const PURE: readonly string[] = [
  'runbook',
  'tools',
  'guards',
  'deeds',
  'engine',
  'locks',
  'plan',
  'replay',
  'report',
  'explore',
];
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\.|\bperformance\.|\bcrypto\.|\bconsole\.|\bset(?:Timeout|Interval|Immediate)\(|\bfetch\(/g;

const ROOT = resolve(import.meta.dirname, '..');

/** The room of a file or of what it imports: `src/engine/loop.ts` is in `engine`, `runbooks/index.ts` in `runbooks`. */
function roomOf(path: string): string {
  const [top = '', next = ''] = path.split('/');
  return top === 'src' ? next : top;
}

function roomOfImport(specifier: string, file: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  if (specifier.startsWith('.')) {
    return roomOf(relative(ROOT, resolve(ROOT, dirname(file), specifier)));
  }
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function allowedIn(room: string): readonly string[] {
  const at = ROOMS.findIndex(([name]) => name === room);
  const [, packages = []] = ROOMS[at] ?? [];
  const below = at < 0 ? [] : ROOMS.slice(at + 1).map(([name]) => name);
  return [room, ...below, ...packages, ...(ALSO[room] ?? [])];
}

const IMPORT =
  /^\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/gm;

const withoutComments = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');

/** What a file imports and its room may not. */
function forbidden(file: string, source: string): readonly string[] {
  const allowed = allowedIn(roomOf(file));
  return [...withoutComments(source).matchAll(IMPORT)]
    .map(([, named, bare, lazy]) => named ?? bare ?? lazy ?? '')
    .filter((specifier) => !allowed.includes(roomOfImport(specifier, file)));
}

const impure = (source: string): readonly string[] =>
  [...withoutComments(source).matchAll(IMPURE)].map(([word]) => word);

const FILES = globSync(['bin/*.mjs', 'src/**/*.ts', 'runbooks/**/*.ts'], { cwd: ROOT }).toSorted();
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test('every file of src is in a room of the house', () => {
  const rooms = [...ROOMS.map(([name]) => name), 'runbooks'];
  expect(FILES.filter((file) => !rooms.includes(roomOf(file)))).toEqual([]);
  expect(FILES.length).toBeGreaterThan(100);
});

describe('imports only what its room may', () => {
  test.for(FILES)('%s', (file) => {
    expect(forbidden(file, read(file))).toEqual([]);
  });
});

describe('knows no clock, no chance and no machine', () => {
  test.for(FILES.filter((file) => PURE.includes(roomOf(file))))('%s', (file) => {
    expect(impure(read(file))).toEqual([]);
  });
});

describe('this test finds', () => {
  test.for<readonly [string, string, readonly string[]]>([
    ['src/engine/x.ts', "import { y } from '../journal/y.ts';", ['../journal/y.ts']],
    ['src/engine/x.ts', "import type {\n  y,\n} from 'node:fs';", ['node:fs']],
    ['src/tools/kubectl/x.ts', "export { y } from '../../guards/y.ts';", ['../../guards/y.ts']],
    ['src/plan/x.ts', "const y = await import('execa');", ['execa']],
    ['src/terminal/x.ts', "import '../cli/main.ts';", ['../cli/main.ts']],
    ['src/terminal/x.ts', "import book from '../../runbooks/y.ts';", ['../../runbooks/y.ts']],
    ['runbooks/x/y.ts', "import { z } from '../../src/engine/z.ts';", ['../../src/engine/z.ts']],
    ['runbooks/x/y.ts', "import { z } from 'node:path';", ['node:path']],
    ['src/journal/x.ts', "import a from '@inquirer/prompts';", ['@inquirer/prompts']],
    ['src/engine/x.ts', "import { y } from '../runbook/y.ts';\n// import 'node:fs';", []],
    ['runbooks/x/y.ts', "import { z } from 'zod';\nimport a from '../b/c.ts';", []],
  ])('in %s: %s', ([file, source, found]) => {
    expect(forbidden(file, source)).toEqual(found);
  });

  test('a clock, chance and the machine, but not in words', () => {
    expect(
      impure('const a = Date.now(), b = new Date(), c = Math.random(), d = process.env;'),
    ).toEqual(['Date.now', 'new Date()', 'Math.random', 'process.']);
    expect(
      impure('/** No Date.now here. */\n// nor process.env\nconst a = new Date(now);'),
    ).toEqual([]);
  });
});
