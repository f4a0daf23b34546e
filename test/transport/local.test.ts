import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { local } from '../../src/transport/local.ts';
import { argv, command, LOCAL, never, says, text } from './commands.ts';
import { newFolder } from './folders.ts';

const sh = (script: string, ...args: string[]) => argv(['sh', '-c', script, 'sh', ...args]);
const run = (invocation: ReturnType<typeof argv>, deadlineMs = 5000, signal = never()) =>
  local().perform(command(LOCAL, invocation, deadlineMs), signal);
const folder = (): string => newFolder();

/** Alive, and not a zombie nobody reaped yet. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 200 && isAlive(pid); i += 1) await sleep(10);
  return !isAlive(pid);
}

describe('a local command', () => {
  test('gives its output and exit status, in the C locale', async () => {
    const out = await run(sh('printf "a\\n%s" "$LC_ALL"; echo oops >&2; exit 3'));
    expect(out).toEqual({
      ending: { how: 'exited', code: 3 },
      stdout: 'a\nC',
      stderr: 'oops\n',
      truncated: false,
    });
  });

  test('gets its arguments untouched by any shell', async () => {
    const words = ['a b', '$(id)', '*', "'", '"', '\\', '', '-n', '\n', 'é'];
    const out = await run(argv(['printf', '%s\\n', ...words]));
    expect(out.stdout).toBe(`${words.join('\n')}\n`);
  });

  test('reads nothing from the operator: its standard input is empty', async () => {
    expect((await run(argv(['cat']))).stdout).toBe('');
  });

  test('gets its text on standard input, and may ignore it', async () => {
    const long = 'x'.repeat(300_000);
    expect((await run(argv(['wc', '-c'], text(long)))).stdout.trim()).toBe('300000');
    expect((await run(argv(['true'], text(long)))).ending).toEqual({ how: 'exited', code: 0 });
  });

  test('gets a secret as a line on standard input, and nowhere else', async () => {
    const spy = 'tr "\\0" " " </proc/$$/cmdline; tr "\\0" "\\n" </proc/$$/environ; echo; cat';
    const performer = local({ secrets: (name) => Promise.resolve(`${name}-value`) });
    const invocation = argv(['sh', '-c', spy], { kind: 'secret', secret: 'vault-token' });
    const out = await performer.perform(command(LOCAL, invocation), never());
    expect(out.stdout.endsWith('\nvault-token-value\n')).toBe(true);
    expect(out.stdout.split('vault-token-value')).toHaveLength(2);
  });

  test('is refused where its secret cannot be read', async () => {
    const invocation = argv(['cat'], { kind: 'secret', secret: 'vault-token' });
    const none = await run(invocation);
    expect(none.ending).toMatchObject({ how: 'refused', why: 'denied' });
    expect(says(none)).toContain('vault-token');
    const slow = local({ secrets: () => new Promise(() => {}) });
    const late = await slow.perform(command(LOCAL, invocation, 50), never());
    expect(late.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
  });

  test('that is not installed is refused with what to do', async () => {
    const out = await run(argv(['kubectl-that-is-not-there', 'get']));
    expect(out.ending).toEqual({
      how: 'refused',
      why: 'unreachable',
      because:
        'kubectl-that-is-not-there is not installed (not found in PATH): install it, or add its folder to PATH',
    });
    expect(says(await run(argv(['/no/such/kubectl'])))).toContain('does not exist');
  });

  test('that may not be executed is refused, not unreachable', async () => {
    const file = join(folder(), 'tool');
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o644 });
    expect((await run(argv([file]))).ending).toMatchObject({ how: 'refused', why: 'denied' });
  });

  test('with an argument no process can have is refused', async () => {
    expect((await run(argv(['echo', 'a\0b']))).ending).toMatchObject({ how: 'refused' });
  });

  test('killed by someone else is lost', async () => {
    const out = await run(sh('echo begun; kill -SEGV $$'));
    expect(out.ending).toMatchObject({ how: 'lost' });
    expect(says(out)).toContain('SIGSEGV');
    expect(out.stdout).toBe('begun\n');
  });

  test('keeps the beginning of long output and says so', async () => {
    const performer = local({ maxBytes: 1000 });
    const invocation = sh('i=0; while [ $i -lt 999 ]; do i=$((i+1)); echo "line $i"; done; exit 4');
    const out = await performer.perform(command(LOCAL, invocation), never());
    expect(out.ending).toEqual({ how: 'exited', code: 4 });
    expect(out.truncated).toBe(true);
    expect(out.stdout).toHaveLength(1000);
    expect(out.stdout.startsWith('line 1\nline 2\n')).toBe(true);
  });

  test('keeps all pods of a cluster, which are several megabytes', async () => {
    const out = await run(argv(['head', '-c', '5000000', '/dev/zero']));
    expect(out.truncated).toBe(false);
    expect(out.stdout).toHaveLength(5_000_000);
  });

  test('a character cut in half by the limit is left out', async () => {
    const performer = local({ maxBytes: 4 });
    const out = await performer.perform(command(LOCAL, argv(['printf', 'aéé'])), never());
    expect(out.stdout).toBe('aé');
  });
});

describe.concurrent('the deadline', () => {
  test('kills the whole group, and a grandchild that holds the pipe delays nobody', async () => {
    const began = performance.now();
    const out = await run(sh('echo begun; sleep 30 & echo $!; echo $$; wait'), 300);
    const took = performance.now() - began;
    expect(out.ending).toEqual({ how: 'deadline' });
    expect(took).toBeGreaterThan(290);
    expect(took).toBeLessThan(1900);
    const [begun, ...pids] = out.stdout.trim().split('\n');
    expect(begun).toBe('begun');
    for (const pid of pids) expect(await gone(Number(pid))).toBe(true);
  });

  test('holds where a grandchild left the group and keeps the pipe', async () => {
    const began = performance.now();
    const out = await run(sh('setsid sleep 2 & wait'), 200);
    expect(out.ending).toEqual({ how: 'deadline' });
    expect(performance.now() - began).toBeLessThan(1900);
  });

  test('is not waited for where the program ended and left someone at its pipe', async () => {
    const began = performance.now();
    const out = await run(sh('sleep 5 & echo done; exit 7'));
    expect(out).toMatchObject({ ending: { how: 'exited', code: 7 }, stdout: 'done\n' });
    expect(performance.now() - began).toBeLessThan(4000);
  });

  test('abort kills the group at once', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const began = performance.now();
    const out = await run(sh('sleep 30 & echo $!; wait'), 5000, stop.signal);
    expect(out.ending).toEqual({ how: 'cancelled' });
    expect(performance.now() - began).toBeLessThan(2000);
    expect(await gone(Number(out.stdout))).toBe(true);
  });

  test('an aborted signal starts nothing', async () => {
    const mark = join(folder(), 'mark');
    const out = await run(sh('touch "$1"', mark), 5000, AbortSignal.abort());
    expect(out.ending).toEqual({ how: 'cancelled' });
    expect(() => readFileSync(mark)).toThrow(/ENOENT/);
  });
});

test('what runs is killed when this process exits', async () => {
  const module = resolve('src/transport/local.ts');
  const sleeps = JSON.stringify(
    command(LOCAL, sh('echo $$ > "$1"; sleep 30', join(folder(), 'pid'))),
  );
  const program = `
    const { local } = await import(${JSON.stringify(module)});
    void local().perform(${sleeps}, new AbortController().signal);
    const { existsSync } = await import('node:fs');
    setInterval(() => existsSync(process.argv[1]) && process.exit(), 20);`;
  const file = (JSON.parse(sleeps) as { run: { argv: string[] } }).run.argv.at(-1) ?? '';
  spawnSync(process.execPath, ['--input-type=module', '-e', program, file]);
  expect(await gone(Number(readFileSync(file, 'utf8')))).toBe(true);
});

test('many commands at once leave no listener behind', async () => {
  const before = process.listenerCount('exit');
  const performer = local();
  const outs = await Promise.all(
    Array.from({ length: 15 }, (_, i) =>
      performer.perform(command(LOCAL, argv(['echo', String(i)])), never()),
    ),
  );
  expect(outs.map((it) => it.stdout)).toEqual(outs.map((_, i) => `${i}\n`));
  expect(process.listenerCount('exit')).toBe(before);
});

test('a command for another machine is refused', async () => {
  const out = await local().perform(command({ on: 'node', node: 'n1' }, argv(['id'])), never());
  expect(out.ending).toMatchObject({ how: 'refused' });
});
