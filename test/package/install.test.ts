import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const exec = promisify(execFile);

/** Runs a program that must succeed; what it printed is in the error where it does not. */
async function run(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  const done = await attempt(file, args, options);
  if (done.code !== 0) throw new Error(`${file} ${args.join(' ')}: ${done.stdout}\n${done.stderr}`);
}

const here = new URL('../..', import.meta.url).pathname;

/** As a user's shell has it: without what npm tells the scripts of this project. */
const clean: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
);

interface Done {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function attempt(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Done> {
  try {
    const { stdout, stderr } = await exec(file, args, { ...options, maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

let folder = '';
let installed = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sre-package-'));
  await mkdir(join(folder, 'elsewhere'));
  await mkdir(join(folder, 'prefix'));
  await run('npm', ['pack', '--pack-destination', folder], { cwd: here, env: clean });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  await run('npm', ['install', '--omit=dev', '--prefix', 'prefix', join(folder, tarball)], {
    cwd: folder,
    env: clean,
  });
  installed = join(folder, 'prefix', 'node_modules', '.bin', 'sre');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Puts one Node in front of every other. */
const withNode = (node: string): NodeJS.ProcessEnv => ({
  ...clean,
  PATH: `${node}:/usr/bin:/bin`,
  XDG_STATE_HOME: join(folder, 'state'),
});

test('the package starts the main job from another folder, on the Node that engines asks for', async () => {
  const done = await attempt(installed, ['runbook', 'vault-raft-deadlock', '--lab', '--json'], {
    cwd: join(folder, 'elsewhere'),
    env: withNode(join(here, 'node_modules/node/bin')),
  });
  expect(done.stderr).not.toMatch(/fault in sre/);
  const last: unknown = JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '{}');
  expect(last).toMatchObject({ type: 'run.finished', result: 'resolved', exitCode: 0 });
  expect(done.code).toBe(0);
});

test('on Node 20 it says in one sentence what it needs', async () => {
  await run('npm', ['install', '--prefix', 'old-node', '--no-save', 'node@20'], {
    cwd: folder,
    env: clean,
  });
  const done = await attempt(installed, ['runbook', 'vault-raft-deadlock', '--lab'], {
    cwd: join(folder, 'elsewhere'),
    env: withNode(join(folder, 'old-node/node_modules/node/bin')),
  });
  expect(done).toMatchObject({ code: 2, stdout: '' });
  expect(done.stderr.trim().split('\n')).toHaveLength(1);
  expect(done.stderr).toMatch(/sre needs Node\.js 24\.15 or newer, and this is v20\./);
});
