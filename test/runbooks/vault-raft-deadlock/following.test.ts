import { expect, test } from 'vitest';
import { sayStill, standStill } from '../../../runbooks/vault-raft-deadlock/judge/following.ts';

type Look = Parameters<typeof standStill>[0];

const WORD = { haEnabled: true, isSelf: false, leaderAddress: '', leaderClusterAddress: '' };

const look = (applied: Readonly<Record<string, number | undefined>>): Look => ({
  leader: Object.fromEntries(
    Object.entries(applied).map(([name, appliedIndex]): [string, Look['leader'][string]] => [
      name,
      appliedIndex === undefined
        ? { ok: false, why: 'timeout', says: 'no answer', raw: '', at: 0 }
        : { ok: true, value: { ...WORD, appliedIndex }, at: 0 },
    ]),
  ),
});
const names = ['vault-0', 'vault-1', 'vault-2'];

test('voters that have applied what another had one look ago follow', () => {
  const earlier = look({ 'vault-0': 100, 'vault-1': 98, 'vault-2': 99 });
  const later = look({ 'vault-0': 120, 'vault-1': 100, 'vault-2': 119 });
  expect(standStill(earlier, later, names)).toEqual([]);
});

test('one that has not is cut off, and it is said by how much', () => {
  const earlier = look({ 'vault-0': 100, 'vault-1': 99, 'vault-2': 80 });
  const later = look({ 'vault-0': 120, 'vault-1': 120, 'vault-2': 80 });
  const still = standStill(earlier, later, names);
  expect(still).toEqual([{ name: 'vault-2', applied: 80, furthest: 100 }]);
  expect(sayStill(still, 10)).toBe(
    'vault-2 does not follow: it has applied up to 80, and 10 s before another one had applied 100',
  );
});

test('nothing is said of one that names no index', () => {
  const earlier = look({ 'vault-0': 100, 'vault-1': 99, 'vault-2': undefined });
  const later = look({ 'vault-0': 120, 'vault-1': 120, 'vault-2': undefined });
  expect(standStill(earlier, later, names)).toEqual([]);
});
