import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScriptName } from '../runbook/command.ts';
import { messageOf } from './not-begun.ts';

/** Gives the text of a kept script. Rejects with a sentence where there is none. */
export type Scripts = (name: ScriptName) => Promise<string>;

const PACKAGE = 'sre';
const NAME = /^[a-z0-9-]+(?:\/[a-z0-9-]+)+$/;

/**
 * Where a kept script lies: `src/tools/<name>.sh` below the package's own root, which is the nearest folder upwards with
 * a `package.json` named `sre` (so it is found from the sources and from the bundle alike). Throws on any other name.
 */
export function scriptPath(name: string, from: string = import.meta.url): string {
  if (!NAME.test(name)) {
    throw new Error(`not the name of a kept script: ${JSON.stringify(name)} (like node/tasks)`);
  }
  return join(packageRoot(dirname(fileURLToPath(from))), 'src', 'tools', `${name}.sh`);
}

/** The {@link Scripts} port on the package's own files. */
export const keptScripts: Scripts = async (name) => {
  const path = scriptPath(name);
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new Error(`the script ${name} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  }
};

function packageRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (nameIn(join(at, 'package.json')) === PACKAGE) return at;
    if (dirname(at) === at) {
      throw new Error(`no package.json named ${PACKAGE} in ${folder} or above it`);
    }
  }
}

function nameIn(manifest: string): unknown {
  if (!existsSync(manifest)) return undefined;
  const it: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  return typeof it === 'object' && it !== null && 'name' in it ? it.name : undefined;
}
