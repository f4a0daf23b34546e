import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Invocation, Where } from '../../src/runbook/command.ts';
import { render, renderWhere } from '../../src/runbook/render.ts';
import { command } from './sample.ts';

const lineOf = (run: Invocation): string => render(command('x', 'reads', { run })).line;
const argv = (...words: readonly [string, ...string[]]): Invocation => ({
  kind: 'argv',
  argv: words,
});

describe('a command as people read it', () => {
  test.for<readonly [Where, string]>([
    [{ on: 'local' }, 'here'],
    [{ on: 'node', node: 'k8s-node2' }, 'k8s-node2'],
    [{ on: 'pve', host: 'pve1' }, 'pve1'],
  ])('runs on %j: %s', ([where, name]) => {
    expect(renderWhere(where)).toBe(name);
    expect(render(command('x', 'reads', { where })).where).toBe(name);
  });

  test('needs no quotes where its words are plain', () => {
    const line = 'kubectl --context=homelab get --raw /api/v1/pods';
    const [first = '', ...rest] = line.split(' ');
    expect(lineOf(argv(first, ...rest))).toBe(line);
  });

  test('has quotes around what a shell would take apart', () => {
    expect(lineOf(argv('sh', '-c', 'echo $HOME', "it's", '', '*'))).toBe(
      `sh -c 'echo $HOME' 'it'\\''s' '' '*'`,
    );
  });

  test('shows what is not known yet as it stands', () => {
    expect(lineOf(argv('kubectl', 'get', 'pod', '‹victim.name›'))).toBe(
      'kubectl get pod ‹victim.name›',
    );
  });

  test('shows text on its standard input, and a secret by its name alone', () => {
    const stdin = { kind: 'text', text: '{"a":1}' } as const;
    const run: Invocation = { kind: 'argv', argv: ['cat'], stdin };
    expect(render(command('x', 'reads', { run }))).toEqual({
      where: 'here',
      line: 'cat',
      stdin: '{"a":1}',
    });
    const secret = { kind: 'secret', secret: 'vault-token' } as const;
    expect(render(command('x', 'reads', { run: { ...run, stdin: secret } })).stdin).toBe(
      '(secret vault-token)',
    );
  });

  test('is a script with its own deadline on the far side', () => {
    const run: Invocation = { kind: 'script', script: 'node/tasks', args: ['a b', '--all'] };
    expect(render(command('x', 'reads', { run, deadlineMs: 2500 })).line).toBe(
      `timeout -s KILL 3 sh -s -- 'a b' --all < src/tools/node/tasks.sh`,
    );
  });

  test('means to a shell exactly the words that are run', () => {
    const word = fc
      .string({ maxLength: 12, unit: 'grapheme' })
      .filter((it) => !it.includes('\0') && !it.includes('\n') && it.isWellFormed());
    const lists = fc.sample(fc.array(word, { minLength: 1, maxLength: 6 }), {
      numRuns: 200,
      seed: 42,
    });
    const script = lists.map((words) => lineOf(argv('printf', '%s\\n', ...words))).join('\n');
    const said = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(said).toBe(lists.flatMap((words) => words.map((it) => `${it}\n`)).join(''));
  });
});
