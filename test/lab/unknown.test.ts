import { expect, test } from 'vitest';
import type { Command } from '../../src/runbook/command.ts';
import { bench, raw } from './bench.ts';

const unknown: readonly (readonly [string, Command<unknown>])[] = [
  ['a program', raw('helm', 'list')],
  ['a kubectl verb', raw('kubectl', '--context', 'lab', 'rollout', 'restart', 'sts/vault')],
  [
    'an API path',
    raw('kubectl', '--context', 'lab', 'get', '--raw', '/apis/example.com/v1/widgets'),
  ],
  ['a URL', raw('curl', '-sS', 'https://example.com/')],
  ['a plain delete', raw('kubectl', '--context', 'lab', '-n', 'vault', 'delete', 'pod', 'vault-2')],
  [
    'a script',
    {
      ...raw('x'),
      where: { on: 'node', node: 'k8s-node1' },
      run: { kind: 'script', script: 'node/reboot', args: [] },
    },
  ],
  ['a program on a node', { ...raw('reboot'), where: { on: 'node', node: 'k8s-node1' } }],
];

test.each(unknown)(
  '%s that the lab does not know is exit 127, and changes nothing',
  async (_, command) => {
    const on = bench('vault-raft-deadlock');
    const out = await on.perform(command);
    expect(out.ending).toEqual({ how: 'exited', code: 127 });
    expect(out.stderr).toMatch(/^lab: no such command: /);
    expect(on.truth().mutations).toEqual([]);
  },
);

test('a machine that is not there is unreachable', async () => {
  const on = bench('healthy');
  const out = await on.perform({
    ...raw('x'),
    where: { on: 'node', node: 'k8s-node9' },
    run: { kind: 'script', script: 'node/tasks', args: [] },
  });
  expect(out.ending).toMatchObject({ how: 'refused', why: 'unreachable' });
});

test('another context is refused as kubectl refuses it', async () => {
  const out = await bench('healthy').perform(
    raw('kubectl', '--context', 'prod', 'get', '--raw', '/readyz'),
  );
  expect(out.stderr).toBe('error: context "prod" does not exist\n');
});
