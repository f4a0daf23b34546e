import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, RawOutput } from '../../../src/runbook/command.ts';

/** The shells a script must work in: the system's (dash on Debian), and busybox where there is one. */
export const SHELLS: readonly (readonly [string, ...string[]])[] = [
  ['sh'],
  ...(spawnSync('busybox', ['true']).status === 0 ? [['busybox', 'sh'] as const] : []),
];

/** Runs a command's script as the transport does: on standard input of `sh -s`, with its arguments after it. */
export function runScript(
  command: Pick<Command<unknown>, 'run'>,
  env: Readonly<Record<string, string>> = {},
  shell: readonly [string, ...string[]] = ['sh'],
): Promise<RawOutput> {
  const { run } = command;
  if (run.kind !== 'script') throw new Error('not a script');
  const text = readFileSync(
    join(import.meta.dirname, '../../../src/tools', `${run.script}.sh`),
    'utf8',
  );
  const [program, ...args] = shell;
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, '-s', '--', ...run.args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ ending: { how: 'exited', code: code ?? 137 }, stdout, stderr, truncated: false });
    });
    child.stdin.end(text);
  });
}
