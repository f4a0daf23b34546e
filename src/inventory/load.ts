import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { diskError, isErrno } from '../journal/disk-error.ts';
import { SreError } from '../runbook/sre-error.ts';
import type { Inventory } from './inventory.ts';
import { nothingFound } from './nothing-found.ts';
import { parseInventory } from './parse.ts';
import { withPaths } from './paths.ts';
import { problemLine } from './problem.ts';
import type { Problem } from './problem.ts';
import { configHome, homeOf } from './xdg.ts';
import type { Env } from './xdg.ts';

/** Where an inventory is looked for. */
export interface Lookup {
  /** `--inventory FILE`: this one and no other. */
  readonly given?: string | undefined;
  readonly cwd: string;
  readonly env: Env;
}

const NAME = 'sre.yaml';

/** A file's text; `undefined` where there is none. A folder above it that is a file is none, too. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw diskError('read the inventory', path, error);
  }
}

const invalid = (name: string, problems: readonly Problem[]): SreError =>
  new SreError(
    'inventory-invalid',
    [`the inventory ${name} cannot be used:`, ...problems.map((it) => `  ${problemLine(it)}`)].join(
      '\n',
    ),
    { source: 'operator' },
  );

function parsed(text: string, name: string, path: string, env: Env): Inventory {
  const result = parseInventory(text, name);
  if (!result.ok) throw invalid(name, result.problems);
  return withPaths(result.inventory, { folder: dirname(path), home: homeOf(env) });
}

/**
 * Finds and reads the inventory: the given file, else ./sre.yaml, else the one of the configuration home. The kubeconfig's
 * current context is never taken: which cluster is meant stands in the inventory. Rejects with every problem at once.
 */
export async function loadInventory({ given, cwd, env }: Lookup): Promise<Inventory> {
  if (given !== undefined) {
    const path = resolve(cwd, given);
    const text = await read(path);
    if (text !== undefined) return parsed(text, given, path, env);
    throw new SreError('inventory-missing', `there is no inventory ${given}`, {
      source: 'operator',
      hint: 'check the path given with --inventory',
    });
  }
  const home = join(configHome(env), NAME);
  const places = [
    { path: join(cwd, NAME), name: NAME },
    { path: home, name: home },
  ];
  for (const { path, name } of places) {
    const text = await read(path);
    if (text !== undefined) return parsed(text, name, path, env);
  }
  throw nothingFound([`./${NAME}`, home]);
}
