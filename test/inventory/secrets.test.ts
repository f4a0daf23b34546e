import { execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { knownSecrets, readSecret, secretsOf } from '../../src/inventory/secrets.ts';
import { folderWith } from './folders.ts';

const TOKEN = 'hvs.CAESIJlU02LQZqAAAA';

async function fileOf(content: string, mode = 0o600): Promise<string> {
  const path = join(await folderWith({ token: content }), 'token');
  await chmod(path, mode);
  return path;
}

function inventory(change: Partial<Inventory>): Inventory {
  const parsed = parseInventory('cluster:\n  context: x\n', 'sre.yaml');
  if (!parsed.ok) throw new Error('the least inventory is valid');
  return { ...parsed.inventory, ...change };
}

test.for([TOKEN, `${TOKEN}\n`, `${TOKEN}\r\n`, `${TOKEN}\n\n`])(
  'the line end is not part of it: %j',
  async (content) => {
    expect(await readSecret(await fileOf(content))).toEqual({ value: TOKEN });
  },
);

test.for([0o600, 0o400])('mode %o is right', async (mode) => {
  expect(await readSecret(await fileOf(TOKEN, mode))).toEqual({ value: TOKEN });
});

test('a file that its group may read is used, with a warning', async () => {
  const path = await fileOf(TOKEN, 0o640);
  expect(await readSecret(path)).toEqual({
    value: TOKEN,
    warning: `${path} may be read by its group (mode 0640); close it: chmod 600 ${path}`,
  });
});

test.for<[number, string]>([
  [0o644, 'everybody may read it (mode 0644)'],
  [0o604, 'everybody may read it (mode 0604)'],
  [0o620, 'others may change it (mode 0620)'],
  [0o666, 'others may change it (mode 0666)'],
])('mode %o is refused', async ([mode, says]) => {
  const path = await fileOf(TOKEN, mode);
  await expect(readSecret(path)).rejects.toMatchObject({
    code: 'secret-unusable',
    message: `the secret in ${path} cannot be used: ${says}`,
    hint: expect.stringContaining(`chmod 600 ${path}`) as string,
  });
});

test.for<[string, string]>([
  ['', 'it is empty'],
  ['\n\n', 'it is empty'],
  [`${TOKEN}\nanother`, 'it has 2 lines'],
  [`my ${TOKEN}`, 'it holds characters that no token has'],
  [`“${TOKEN}”`, 'it holds characters that no token has'],
  [`${TOKEN}\u0000`, 'it holds characters that no token has'],
])('%j is refused, and not repeated', async ([content, says]) => {
  const error = (await readSecret(await fileOf(content)).catch((it: unknown) => it)) as Error;
  expect(error.message).toMatch(new RegExp(`${says}$`));
  expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain('hvs.');
});

test('what is missing, no file, or far too large is refused by name', async () => {
  const folder = await folderWith({ large: 'x'.repeat(100_000) });
  await chmod(join(folder, 'large'), 0o600);
  const missing = join(folder, 'missing');
  await expect(readSecret(missing)).rejects.toMatchObject({
    message: `cannot read the secret in ${missing}: there is no such file or folder (ENOENT)`,
  });
  await expect(readSecret(folder)).rejects.toThrow('it is not a file');
  await expect(readSecret(join(folder, 'large'))).rejects.toThrow('it has 100000 bytes');
});

test('a pipe that nobody writes to is not waited for', async () => {
  const path = join(await folderWith(), 'pipe');
  execFileSync('mkfifo', ['-m', '600', path]);
  await expect(readSecret(path)).rejects.toThrow('it is not a file');
});

test('a transport reads the token anew each time, and the warning is passed on', async () => {
  const tokenFile = await fileOf(TOKEN, 0o640);
  const warnings: string[] = [];
  const secrets = secretsOf(inventory({ tokenFile }), (it) => warnings.push(it));
  expect(await secrets('vault-token')).toBe(TOKEN);
  await writeFile(tokenFile, 'hvs.another-token\n');
  expect(await secrets('vault-token')).toBe('hvs.another-token');
  expect(warnings).toHaveLength(2);
});

test('a token that the inventory does not name is an error that says what to set', async () => {
  const secrets = secretsOf(inventory({}), () => undefined);
  await expect(secrets('vault-token')).rejects.toMatchObject({
    message: 'sre.yaml names no file for the vault-token',
    hint: 'set vault.tokenFile',
  });
});

test('what must be redacted: values, lines of files, and the token; what cannot be read is said', async () => {
  const folder = await folderWith({
    list: 'one secret\n\n  another secret  \r\n',
    token: `${TOKEN}\n`,
  });
  const missing = join(folder, 'missing');
  const known = await knownSecrets(
    inventory({
      redact: { values: ['a value'], files: [join(folder, 'list'), missing] },
      tokenFile: join(folder, 'token'),
    }),
  );
  expect(known.values).toEqual(['a value', 'one secret', 'another secret', TOKEN]);
  expect(known.warnings).toEqual([
    `cannot read the secret in ${missing}: there is no such file or folder (ENOENT); what it holds is redacted only where it looks like a secret`,
  ]);
});
