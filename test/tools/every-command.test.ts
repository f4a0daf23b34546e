import { globSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reading } from '../../src/runbook/command.ts';
import { deletePod } from '../../src/tools/kubectl/delete-pod.ts';
import { nfsClients } from '../../src/tools/nfs/clients.ts';
import { nfsServer } from '../../src/tools/nfs/server.ts';
import { newestSnapshots } from '../../src/tools/vault/snapshots.ts';
import { canary, raftConfiguration } from '../../src/tools/vault/token.ts';
import { codeUnits, counterexample } from './counterexample.ts';
import { EVERY, STALE } from './every-command.ts';
import { exited, spelled } from './output.ts';
import { CLUSTER, SITE, UID } from './site.ts';

const COMMANDS = EVERY.map(([command]) => command);
const named = EVERY.map(([command, argv]) => [command.id, command, argv] as const);

describe('spelling', () => {
  test.for(named)('%s is spelled as the contract says', ([, command, argv]) => {
    expect(spelled(command)).toBe(argv);
  });

  test('scripts exist where the transport looks for them, and each has its command', () => {
    const scripts = COMMANDS.flatMap(({ run }) => (run.kind === 'script' ? [run.script] : []));
    const kept = globSync('**/*.sh', { cwd: join(import.meta.dirname, '../../src/tools') });
    expect(new Set(scripts)).toEqual(new Set(kept.map((file) => file.replace(/\.sh$/, ''))));
  });

  test('a kubectl command outlives its request timeout by 3 s', () => {
    const kubectl = COMMANDS.filter((c) => spelled(c).startsWith('kubectl '));
    const margins = kubectl.map((command) => {
      const seconds = / --request-timeout=(\d+)s /.exec(spelled(command))?.[1];
      return command.deadlineMs - Number(seconds) * 1000;
    });
    expect(new Set(margins)).toEqual(new Set([3000]));
  });

  test('what changes the world says so, and names what it acts on', () => {
    const acting = COMMANDS.filter((c) => c.does !== 'reads').map((c) => [
      c.id,
      c.does,
      c.scope,
      c.forces ?? false,
    ]);
    expect(acting).toEqual([
      ['kubectl.delete-pod', 'mutates', 'pod vault/vault-2', false],
      ['kubectl.force-delete-pod', 'mutates', 'pod vault/vault-2', true],
      ['kubectl.patch-fsgroup-change-policy', 'mutates', 'statefulset vault/vault', false],
      ['vault.canary', 'intrusive', 'cluster', false],
      ['node.kill-task', 'mutates', 'process 343 on k8s-node3', false],
      ['node.stop-sandbox', 'mutates', 'sandbox abababababab on k8s-node3', false],
      ['node.remove-sandbox', 'mutates', 'sandbox abababababab on k8s-node3', false],
      ['node.restart-unit', 'mutates', 'kubelet on k8s-node3', false],
      ['node.restart-unit', 'mutates', 'containerd on k8s-node3', false],
      ['node.detach-mount', 'mutates', `${STALE} on k8s-node3`, false],
      ['node.remove-directory', 'mutates', `${STALE} on k8s-node3`, false],
      ['nfs.probe', 'intrusive', 'test mount on k8s-node3', false],
      ['kubectl.cordon', 'mutates', 'node k8s-node3', false],
      ['kubectl.uncordon', 'mutates', 'node k8s-node3', false],
      ['kubectl.evict-pod', 'mutates', 'pod vault/vault-2', false],
      ['pve.reset', 'mutates', 'vm 203', false],
      ['pve.resume', 'mutates', 'vm 203', false],
      ['pve.stop', 'mutates', 'vm 203', false],
      ['pve.start', 'mutates', 'vm 203', false],
      ['kubectl.create-run-lease', 'intrusive', 'lease kube-system/sre-run', false],
      ['kubectl.replace-run-lease', 'intrusive', 'lease kube-system/sre-run', false],
      ['pve.run-lock-take', 'intrusive', 'run lock on pve', false],
      ['pve.run-lock-renew', 'intrusive', 'run lock on pve', false],
      ['pve.run-lock-release', 'intrusive', 'run lock on pve', false],
      ['pve.run-lock-take-over', 'intrusive', 'run lock on pve', false],
    ]);
  });

  test('a delete carries the UID that was seen and its grace on standard input', () => {
    const { run } = deletePod(CLUSTER, { namespace: 'vault', name: 'vault-2', uid: UID });
    expect(run.kind === 'argv' && run.stdin).toEqual({
      kind: 'text',
      text: `{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"${UID}"},"gracePeriodSeconds":30}`,
    });
  });

  test('the token is named, never spelled', () => {
    const { run } = raftConfiguration(SITE, { name: 'vault-0' });
    expect(run.kind === 'argv' && run.stdin).toEqual({ kind: 'secret', secret: 'vault-token' });
  });

  test.for(['@/etc/passwd', '-', '', 'a b', 'x'.repeat(129)])('the mark %j is refused', (mark) => {
    expect(() => canary(SITE, { name: 'vault-0' }, mark)).toThrow('is no mark');
  });

  test('names are encoded where they stand in a path', () => {
    const odd = deletePod(CLUSTER, { namespace: 'a/b', name: '../x?y', uid: UID });
    expect(spelled(odd)).toContain('/api/v1/namespaces/a%2Fb/pods/..%2Fx%3Fy -f -');
  });

  test('without a place in the inventory there is no command', () => {
    const { snapshots: _, ...vault } = SITE.vault;
    const { nfs: __, ...site } = SITE;
    expect(nfsClients({ ...site, vault })).toBeUndefined();
    expect(nfsServer({ ...site, vault })).toBeUndefined();
    expect(newestSnapshots({ ...site, vault })).toBeUndefined();
  });
});

/** Anything at all: text of every kind, JSON of every shape, records of every shape. */
const anyText = fc.oneof(
  codeUnits(300),
  fc.string({ maxLength: 300 }),
  fc.json(),
  fc
    .record({
      items: fc.jsonValue(),
      metadata: fc.jsonValue(),
      spec: fc.jsonValue(),
      status: fc.jsonValue(),
    })
    .map((it) => JSON.stringify(it)),
  fc
    .array(
      fc.tuple(
        fc.constantFrom(
          'boot',
          'uid',
          'hz',
          'uptime',
          'task',
          'proc',
          'mount',
          'found',
          'gone',
          'other',
          'sent',
          'tcp',
          'http',
          'log',
          'file',
          'now',
          'lease',
          'info',
          'state',
          'unit',
          'healthz',
          'snapshot',
          'stack',
          'volume',
          'elsewhere',
          'listen',
          'holder',
          'pods',
          'containers',
          'said',
          'exit',
          'try',
          'vers',
          'left',
          'undone',
          'busy',
          'null',
          'threads',
          'grace',
          'ended',
          'load',
          'host',
          'absent',
          'list',
          'status',
          'config',
          'pending',
          'ha',
          'agent',
          'twin',
          'cpus',
          'export',
          'did',
          'free',
          'held',
          'run',
          'owner',
          'purpose',
        ),
        fc.array(fc.oneof(fc.nat().map(String), fc.string({ maxLength: 30 })), { maxLength: 7 }),
      ),
      { maxLength: 12 },
    )
    .map((lines) =>
      [...lines.map(([kind, fields]) => [kind, ...fields].join('\t')), `end\t${lines.length}`].join(
        '\n',
      ),
    ),
);
const anyError = fc.oneof(
  codeUnits(200),
  fc
    .tuple(
      fc.constantFrom(
        'Error from server (',
        'Error from server: ',
        'error: ',
        'Unable to connect to the server: ',
        'The connection to the server ',
        'sudo: ',
        '',
      ),
      fc.constantFrom('NotFound', 'Conflict', 'Forbidden', 'InternalError', '', 'context "'),
      fc.string({ maxLength: 80 }),
    )
    .map((parts) => parts.join('')),
);

/** A value, or a reason in one sentence without control characters. */
const isSaid = (reading: Reading<unknown>): boolean =>
  reading.ok ||
  (reading.says !== '' &&
    reading.says.length <= 400 &&
    !/[\u0000-\u001F\u007F-\u009F]/.test(reading.says));

describe('parsers', () => {
  test.for(named)('%s never throws, and says why in one clean sentence', ([, command]) => {
    const property = fc.property(
      anyText,
      anyError,
      fc.constantFrom(0, 1, 2, 28, 90, 124, 137, 255),
      fc.boolean(),
      (stdout, stderr, code, truncated) =>
        isSaid(command.read({ ...exited(stdout, code, stderr), truncated })),
    );
    expect(counterexample(property, 60)).toBeUndefined();
  });

  test.for(named)('%s makes no value of nothing', ([id, command]) => {
    const reading = command.read(exited(''));
    // An acknowledged write prints nothing, an empty log has no lines, and any 2xx says nothing about the leader.
    const empty = ['vault.canary', 'kubectl.pod-logs', 'vault.ha-status'].includes(id);
    expect(reading.ok).toBe(empty);
  });

  test.for(named)('%s makes no value of what is cut off', ([id, command]) => {
    const reading = command.read({ ...exited('{"items":['), truncated: true });
    expect(reading.ok).toBe(['vault.canary', 'vault.ha-status'].includes(id));
  });
});
