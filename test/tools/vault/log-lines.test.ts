import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeUnits, counterexample } from '../counterexample.ts';
import {
  auditFailures,
  dnsFailures,
  elections,
  haEvents,
  leaderComplaints,
  readVaultLog,
} from '../../../src/tools/vault/log-lines.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tools/vault');
const lines = readFileSync(join(FIXTURES, 'standby.cri.log'), 'utf8').trimEnd().split('\n');
const LOG = readVaultLog(lines);
const at = (time: string): number => Date.parse(`2026-04-22T${time}Z`);

test('levels, times and texts', () => {
  expect(LOG.unread).toBe(1);
  expect(LOG.lines[0]).toEqual({
    at: at('09:14:00.507'),
    level: 'warn',
    text: 'storage.raft: heartbeat timeout reached, starting election: last-leader-addr=vault-2.vault-internal:8201 last-leader-id=vault-2',
  });
  expect(LOG.lines.slice(-4).map(({ level, text }) => [level, text])).toEqual([
    ['info', 'core: a line that the runtime split in two'],
    ['warn', 'core: leadership lost, stopping active operation: held_for=4m0s'],
    ['unknown', '==> Vault shutdown triggered'],
    ['unknown', '2026-04-22T09:18:0'],
  ]);
});

test('the lines that kubectl gives read the same', () => {
  const raw = readFileSync(join(FIXTURES, 'kubectl-log.txt'), 'utf8').trimEnd().split('\n');
  const log = readVaultLog(raw);
  expect(log.unread).toBe(0);
  expect(elections(log, 0).map((l) => l.text)).toEqual(elections(LOG, 0).map((l) => l.text));
  expect(leaderComplaints(log, 0)).toHaveLength(1);
});

test("Vault's own lines, without a runtime in front, with an offset that has no colon", () => {
  const log = readVaultLog([
    '2024-07-04T03:24:14.457+0200 [ERROR] core: failed to audit response: request_path=a',
  ]);
  expect(log.lines).toEqual([
    {
      at: Date.parse('2024-07-04T01:24:14.457Z'),
      level: 'error',
      text: 'core: failed to audit response: request_path=a',
    },
  ]);
});

test('elections from a moment on', () => {
  expect(elections(LOG, 0)).toHaveLength(2);
  expect(elections(LOG, at('09:14:05')).map((l) => l.text)).toEqual([
    'storage.raft: election won: term=32 tally=2',
  ]);
  expect(elections(LOG, at('09:14:12.001'))).toEqual([]);
});

test('complaints name their peer; a refused connection and a missing name are none', () => {
  expect(leaderComplaints(LOG, 0).map((l) => [l.at, l.peer])).toEqual([
    [at('09:14:10.443'), 'vault-2.vault-internal:8201'],
    [at('09:14:11.700'), 'vault-2.vault-internal:8201'],
  ]);
});

test('audit and DNS', () => {
  expect(auditFailures(LOG, 0).map((l) => l.text)).toEqual([
    "core: failed to audit request: path=auth/token/lookup-self error= | 1 error occurred: | \t* event not processed by enough 'sink' nodes |",
  ]);
  expect(dnsFailures(LOG, 0)).toHaveLength(1);
  expect(dnsFailures(LOG, at('09:15:00'))).toEqual([]);
});

test('roles', () => {
  expect(haEvents(LOG).map((e) => e.is)).toEqual([
    'candidate',
    'raft-leader',
    'active',
    'post-unseal',
    'post-unseal',
    'leadership-lost',
  ]);
});

describe('anything', () => {
  test('reads without throwing, and loses no line with a time stamp', () => {
    const line = fc.oneof(
      codeUnits(40),
      fc.string().map((text) => `2026-04-22T09:14:00.5Z stderr F ${text}`),
      fc.json().map((text) => `2026-04-22T09:14:00.5Z stderr F ${text}`),
    );
    const property = fc.property(fc.array(line, { maxLength: 20 }), (raw) => {
      const log = readVaultLog(raw);
      for (const part of [elections, leaderComplaints, auditFailures, dnsFailures]) part(log, 0);
      haEvents(log);
      return log.lines.length + log.unread <= raw.length;
    });
    expect(counterexample(property)).toBeUndefined();
  });

  test.for(['2026-13-45T99:99:99Z stderr F x', '2026-04-22 09:14:00 x', 'nonsense'])(
    '%s has no time',
    (raw) => {
      expect(readVaultLog([raw])).toEqual({ lines: [], unread: 1 });
    },
  );
});
