import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MINIMAL_INVENTORY } from '../../src/inventory/example.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { folderWith } from './folders.ts';

const named = (context: string): string => `cluster:\n  context: ${context}\n`;

const contextOf = async (lookup: Parameters<typeof loadInventory>[0]): Promise<string> =>
  (await loadInventory(lookup)).site.cluster.context;

test('the given file wins, then the working directory, then the configuration home', async () => {
  const cwd = await folderWith({ 'sre.yaml': named('here'), 'other.yaml': named('given') });
  const empty = await folderWith();
  const home = await folderWith({ '.config/sre/sre.yaml': named('home') });
  const xdg = await folderWith({ 'sre/sre.yaml': named('xdg') });
  expect(await contextOf({ given: 'other.yaml', cwd, env: { HOME: home } })).toBe('given');
  expect(await contextOf({ cwd, env: { HOME: home } })).toBe('here');
  expect(await contextOf({ cwd: empty, env: { HOME: home } })).toBe('home');
  expect(await contextOf({ cwd: empty, env: { HOME: home, XDG_CONFIG_HOME: xdg } })).toBe('xdg');
});

test('the kubeconfig of the environment is never taken', async () => {
  const cwd = await folderWith({ 'sre.yaml': named('x') });
  const env = { HOME: cwd, KUBECONFIG: '/elsewhere/config' };
  expect((await loadInventory({ cwd, env })).site.cluster).toEqual({ context: 'x', name: 'x' });
});

test('paths are relative to the file, and ~ is the home folder', async () => {
  const text = `cluster:
  context: x
  kubeconfig: ~/.kube/config
ssh:
  config: ssh/config
vault:
  tokenFile: /run/token
redact:
  files: [../secrets]
`;
  const cwd = await folderWith({ 'conf/sre.yaml': text });
  const inventory = await loadInventory({
    given: 'conf/sre.yaml',
    cwd,
    env: { HOME: '/home/ops' },
  });
  expect(inventory).toMatchObject({
    file: 'conf/sre.yaml',
    site: { cluster: { kubeconfig: '/home/ops/.kube/config' } },
    ssh: { config: join(cwd, 'conf/ssh/config') },
    tokenFile: '/run/token',
    redact: { files: [join(cwd, 'secrets')] },
  });
});

test('~ without a HOME is an error that names the path', async () => {
  const cwd = await folderWith({ 'sre.yaml': `${named('x')}redact: { files: [~/more] }\n` });
  await expect(loadInventory({ cwd, env: { XDG_CONFIG_HOME: cwd } })).rejects.toMatchObject({
    message: 'the inventory names ~/more, and HOME is not set',
    source: 'operator',
  });
});

test('every problem is told at once, as file:line:column', async () => {
  const cwd = await folderWith({
    'sre.yaml': 'cluster:\n  context: x\nvault:\n  port: eight\nnsf: 1\n',
  });
  await expect(loadInventory({ cwd, env: { HOME: cwd } })).rejects.toMatchObject({
    code: 'inventory-invalid',
    source: 'operator',
    message: `the inventory sre.yaml cannot be used:
  sre.yaml:4:9: vault.port is 'eight', expected a number from 1 to 65535 (for example 8200)
  sre.yaml:5:1: nsf is not a key that sre knows; did you mean nfs?`,
  });
});

test('a broken inventory nearby is not passed over for one further away', async () => {
  const cwd = await folderWith({ 'sre.yaml': 'cluster:\n' });
  const home = await folderWith({ '.config/sre/sre.yaml': named('home') });
  await expect(loadInventory({ cwd, env: { HOME: home } })).rejects.toMatchObject({
    code: 'inventory-invalid',
  });
});

test('a given file that is not there is named', async () => {
  const cwd = await folderWith({ 'sre.yaml': named('x') });
  await expect(
    loadInventory({ given: 'nope.yaml', cwd, env: { HOME: cwd } }),
  ).rejects.toMatchObject({
    code: 'inventory-missing',
    message: 'there is no inventory nope.yaml',
    hint: 'check the path given with --inventory',
  });
});

test('a given folder is told apart from a file', async () => {
  const cwd = await folderWith({ 'conf/x': '' });
  await expect(loadInventory({ given: 'conf', cwd, env: { HOME: cwd } })).rejects.toMatchObject({
    message: `cannot read the inventory ${join(cwd, 'conf')}: it is a folder, not a file (EISDIR)`,
  });
});

test('without any inventory it says how to start, in the lab and for real', async () => {
  const cwd = await folderWith();
  const error = (await loadInventory({ cwd, env: { HOME: '/home/ops' } }).catch(
    (it: unknown) => it,
  )) as { message: string; hint: string; code: string };
  expect(error.code).toBe('inventory-missing');
  expect(error.message).toBe(
    'there is no inventory: no ./sre.yaml and no /home/ops/.config/sre/sre.yaml',
  );
  expect(error.hint).toContain('  sre runbook vault-raft-deadlock --lab\n');
  expect(error.hint).toContain('save this as ./sre.yaml');
  const shown = error.hint.slice(error.hint.indexOf('  cluster:')).replaceAll(/^ {2}/gm, '');
  expect(`${shown}\n`).toBe(MINIMAL_INVENTORY);
  expect(parseInventory(shown, 'shown').ok).toBe(true);
});
