import { expect, test } from 'vitest';
import { clockRemarks, electionsSince } from '../../../runbooks/vault-raft-deadlock/judge/logs.ts';

const AT = Date.UTC(2026, 3, 22, 9, 14);
const HOUR = 3_600_000;
const PODS = ['vault-0', 'vault-1', 'vault-2'].map((name, i) => ({
  namespace: 'vault',
  name,
  uid: name,
  node: `n${i}`,
  ip: `10.0.0.${i}`,
}));
type Window = Parameters<typeof electionsSince>[0];

const log = (aheadMs: number, ...lines: readonly string[]) =>
  ({
    ok: true,
    at: AT,
    value: { present: true, now: (AT + aheadMs) / 1000, lines },
  }) as const;

const line = (at: number, text: string): string => {
  const time = new Date(at).toISOString();
  return `${time} stdout F ${time} [INFO]  storage.raft: ${text}`;
};

const window = (logs: Window[number]['seen']['logs']): Window => [
  { since: AT - 60_000, at: AT, seen: { logs } as Window[number]['seen'] },
];

test('each node whose clock is off is named once, and the others are not', () => {
  const logs = { 'vault-0': log(2 * HOUR), 'vault-1': log(-HOUR), 'vault-2': log(0) };
  const twice = [...PODS, { ...PODS[0], name: 'vault-0' }] as typeof PODS;
  expect(clockRemarks(logs, twice)).toEqual([
    "the clock of n0 is 2 h ahead of this machine's: its log is read by its own",
    "the clock of n1 is 60 min behind this machine's: its log is read by its own",
  ]);
});

test('an election of before is none of the window, though its line is dated after it', () => {
  const old = line(AT + 2 * HOUR - 90 * 60_000, 'election won: term=9 tally=2');
  expect(electionsSince(window({ 'vault-0': log(2 * HOUR, old) }), ['vault-0'])).toBeUndefined();
});

test('an election in the window is one, though its line is dated hours before it', () => {
  const fresh = line(AT - 2 * HOUR - 20_000, 'election won: term=9 tally=2');
  expect(electionsSince(window({ 'vault-0': log(-2 * HOUR, fresh) }), ['vault-0'])).toContain(
    'vault-0 logged an election in the window',
  );
});
