import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { diskError } from '../journal/disk-error.ts';
import { SreError } from '../runbook/sre-error.ts';
import type { SecretName } from '../runbook/command.ts';
import type { Inventory } from './inventory.ts';

/** A secret read from its file, and what is not right about the file without being a reason to refuse it. */
export interface Secret {
  readonly value: string;
  readonly warning?: string;
}

/** More than any list of secrets needs: each of them is looked for in every output. */
const MAX_BYTES = 64 * 1024;

const unusable = (path: string, says: string, hint: string): SreError =>
  new SreError('secret-unusable', `the secret in ${path} cannot be used: ${says}`, {
    source: 'operator',
    hint,
  });

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

interface Content {
  readonly text: string;
  readonly mode: number;
}

async function contentOf(path: string, handle: FileHandle): Promise<Content> {
  const it = await handle.stat();
  const { mode, size } = it;
  if (!it.isFile()) throw unusable(path, 'it is not a file', 'name a regular file');
  if (size > MAX_BYTES) throw unusable(path, `it has ${size} bytes`, 'is it the right file?');
  return { text: await handle.readFile('utf8'), mode };
}

/** Opens without waiting (a pipe never answers) and looks at the very file that is read. */
async function read(path: string): Promise<Content> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return await contentOf(path, handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError('read the secret in', path, error);
  }
}

/** Others on this machine: whoever may write it decides what is sent; whoever may read it has the secret. */
function exposure(path: string, mode: number): string | undefined {
  const fix = `chmod 600 ${path}`;
  if ((mode & 0o022) !== 0) {
    throw unusable(
      path,
      `others may change it (mode ${octal(mode)})`,
      `${fix}, and check what it holds`,
    );
  }
  if ((mode & 0o004) !== 0) {
    throw unusable(
      path,
      `everybody may read it (mode ${octal(mode)})`,
      `${fix}, and replace the secret`,
    );
  }
  return (mode & 0o040) === 0
    ? undefined
    : `${path} may be read by its group (mode ${octal(mode)}); close it: ${fix}`;
}

/** Reads a secret from a file of one line: at the last moment, and only where nobody else can read or change it. */
export async function readSecret(path: string): Promise<Secret> {
  const { text, mode } = await read(path);
  const warning = exposure(path, mode);
  const value = text.replace(/(?:\r?\n)+$/, '');
  if (value === '') throw unusable(path, 'it is empty', 'put the token into it');
  const lines = value.split('\n').length;
  if (lines > 1)
    throw unusable(path, `it has ${lines} lines`, 'it must hold the token and nothing else');
  if (!/^[\u0021-\u007E]+$/.test(value)) {
    const hint =
      'it must hold the token and nothing else: no spaces, quotes from a word processor or other bytes';
    throw unusable(path, 'it holds characters that no token has', hint);
  }
  return { value, ...(warning === undefined ? {} : { warning }) };
}

/**
 * What a transport asks for a secret. The file is read anew each time, so that a token can be replaced during a run.
 *
 * @param warn takes a sentence about a file that its group may read
 */
export const secretsOf =
  (inventory: Inventory, warn: (sentence: string) => void) =>
  async (name: SecretName): Promise<string> => {
    if (inventory.tokenFile === undefined) {
      throw new SreError('secret-unusable', `${inventory.file} names no file for the ${name}`, {
        source: 'operator',
        hint: 'set vault.tokenFile',
      });
    }
    const { value, warning } = await readSecret(inventory.tokenFile);
    if (warning !== undefined) warn(warning);
    return value;
  };

/** The values that must be redacted, and what could not be read of them. */
export interface KnownSecrets {
  readonly values: readonly string[];
  readonly warnings: readonly string[];
}

const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((it) => it.trim())
    .filter((it) => it !== '');

/**
 * Everything that the inventory wants redacted: its values, the lines of its files, and the token, so that even one of an
 * unusual form is never kept. What cannot be read is said and does not stop a run.
 */
export async function knownSecrets(inventory: Inventory): Promise<KnownSecrets> {
  const { redact, tokenFile } = inventory;
  const values = [...redact.values];
  const warnings: string[] = [];
  for (const path of [...redact.files, ...(tokenFile === undefined ? [] : [tokenFile])]) {
    try {
      values.push(...linesOf((await read(path)).text));
    } catch (error) {
      if (!(error instanceof SreError)) throw error;
      warnings.push(
        `${error.message}; what it holds is redacted only where it looks like a secret`,
      );
    }
  }
  return { values, warnings };
}
