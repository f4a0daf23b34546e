import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  farInput,
  farLine,
  farSeconds,
  quoted,
  unwrap,
  unwrapLong,
  type Load,
} from '../../src/transport/envelope.ts';

const NONCE = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const TERMS = { deadlineMs: 5000, sudo: false };

/** Runs a load as a far login shell would: the line by `sh -c`, the text on its standard input. */
function far(load: Load, { input = farInput(load, NONCE), shell = 'sh' } = {}) {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', farLine(load, TERMS)], { input });
  return { stdout: stdout.toString(), stderr: stderr.toString(), status };
}

const script = (text: string, ...args: string[]): Load => ({ kind: 'script', text, args });

/** Text that a shell may trip over; no process can be given a NUL. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        '\\',
        '$x',
        '`id`',
        '\n',
        ' ',
        '*',
        '~',
        '!',
        '=',
        '%s',
        '-n',
        '#',
        '&',
      ),
      fc.string({ unit: 'binary' }).map((it) => it.replaceAll('\0', '')),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''))
  .map((it) => Buffer.from(it, 'utf8').toString('utf8'));

/** What `sh` prints when it is given this text, whole or not. */
const printed = (input: string): string => spawnSync('sh', ['-s'], { input }).stdout.toString();

describe('quoting', () => {
  test('any words come back from a real sh, and from bash', () => {
    fc.assert(
      fc.property(
        fc.array(nasty, { maxLength: 5 }),
        fc.constantFrom('sh', 'bash'),
        (args, shell) => {
          const load = script(`printf '%s\\0' "$@"`, ...args);
          const out = unwrap(far(load, { shell }).stdout, NONCE);
          const body = args.length === 0 ? '\0' : args.map((it) => `${it}\0`).join('');
          expect(out).toMatchObject({ state: 'ended', code: 0, body });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('leaves plain words readable and quotes the others', () => {
    expect(['k8s-node1', '--name=a', '/a/b.c', 'a,b', 'x@y:1'].map(quoted)).toEqual([
      'k8s-node1',
      '--name=a',
      '/a/b.c',
      'a,b',
      'x@y:1',
    ]);
    expect(quoted('')).toBe("''");
    expect(quoted('=ls')).toBe("'=ls'");
    expect(quoted("it's")).toBe(String.raw`'it'\''s'`);
    expect(() => quoted('a\0b')).toThrow(/NUL/);
  });
});

describe('the far line', () => {
  test('runs timeout inside sudo, and only arguments are in it', () => {
    const load = script('secret text', 'k8s-node1', 'a b');
    expect(farLine(load, { deadlineMs: 2500, sudo: true })).toBe(
      "sudo -n timeout -s KILL 3 sh -s -- k8s-node1 'a b'",
    );
    expect(farLine(script('x'), { deadlineMs: 200, sudo: false })).toBe('timeout -s KILL 1 sh -s');
    expect(farLine({ kind: 'argv', argv: ['qm', 'reset', '202'], input: 'hidden' }, TERMS)).toBe(
      'timeout -s KILL 5 sh -s',
    );
    expect([1, 999, 1000, 1001].map(farSeconds)).toEqual([1, 1, 1, 2]);
  });
});

describe('the envelope', () => {
  test('a script gets its arguments, no input, the C locale, and its exit status is told', () => {
    const { stdout } = far(script('echo "$# $1 $LC_ALL"; pwd; cat; exit 42', 'one', 'two'));
    expect(unwrap(stdout, NONCE)).toEqual({
      state: 'ended',
      before: '',
      body: '2 one C\n/\n',
      code: 42,
    });
  });

  test.each([
    ['with a final newline', 'printf "a\\n"', 'a\n'],
    ['without one', 'printf a', 'a'],
    ['nothing', ':', ''],
    ['only newlines', 'printf "\\n\\n"', '\n\n'],
    ['what looks like an end line', `printf "\\nsre-end-00 0\\nmore"`, '\nsre-end-00 0\nmore'],
    ['a script that ends in a comment', 'echo a # end', 'a\n'],
    ['a script that ends in a backslash', 'printf a \\', 'a'],
  ])('output stays as it was: %s', (_, text, body) => {
    expect(unwrap(far(script(text)).stdout, NONCE)).toEqual({
      state: 'ended',
      before: '',
      body,
      code: 0,
    });
  });

  test('a program with arguments and its standard input', () => {
    fc.assert(
      fc.property(nasty, nasty, (word, input) => {
        const out = far({
          kind: 'argv',
          argv: ['sh', '-c', 'cat; printf %s "$1"', 'sh', word],
          input,
        });
        expect(unwrap(out.stdout, NONCE)).toMatchObject({
          state: 'ended',
          body: `${input}${word}`,
        });
      }),
      { numRuns: 40 },
    );
    const out = far({ kind: 'argv', argv: ['no-such-program'] });
    expect(unwrap(out.stdout, NONCE)).toMatchObject({ state: 'ended', code: 127 });
    expect(out.stderr).toContain('no-such-program');
  });

  test('the input of a program is in no list of processes', () => {
    const argv = ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'] as const;
    const { stdout } = far({ kind: 'argv', argv: [...argv], input: 'not-to-be-seen' });
    expect(stdout).not.toContain('not-to-be-seen');
    expect(stdout).toContain('timeout -s KILL');
  });

  test('noise before the begin line is kept apart', () => {
    const { stdout } = far(script('echo a'));
    const noisy = `Welcome to Debian\nno newline here:${stdout}logout\n`;
    expect(unwrap(noisy, NONCE)).toEqual({
      state: 'ended',
      before: 'Welcome to Debian\nno newline here:',
      body: 'a\n',
      code: 0,
    });
  });

  test('an answer to another command is no answer', () => {
    const { stdout } = far(script('echo a'));
    expect(unwrap(stdout, `${NONCE.slice(1)}0`)).toEqual({ state: 'not-begun', before: stdout });
  });

  test('output cut off at any byte never counts as ended', () => {
    const { stdout } = far(script('echo begin; printf "sre-end-1 0\\n"; exit 137'));
    expect(unwrap(stdout, NONCE)).toMatchObject({ state: 'ended', code: 137 });
    for (let cut = 0; cut < stdout.length; cut += 1) {
      expect(unwrap(stdout.slice(0, cut), NONCE).state).not.toBe('ended');
    }
  });

  test('text cut off on its way at any byte does nothing at all', () => {
    const whole = farInput(script('echo harm'), NONCE);
    const needed = whole.lastIndexOf('}') + 1;
    for (let cut = 0; cut < needed; cut += 1) expect(printed(whole.slice(0, cut))).toBe('');
    expect(printed(whole.slice(0, needed))).toContain('harm');
  });

  test('of long output the beginning and the end line are enough', () => {
    const { stdout } = far(script('seq 1 5000; exit 9'));
    const out = unwrapLong(stdout.slice(0, 500), stdout.slice(-100), NONCE);
    expect(out).toMatchObject({ state: 'ended', code: 9 });
    expect(unwrapLong(stdout.slice(0, 500), 'no end line', NONCE).state).toBe('cut-off');
    expect(unwrapLong('motd', stdout.slice(-100), NONCE).state).toBe('not-begun');
  });
});
