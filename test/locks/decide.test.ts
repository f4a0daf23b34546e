import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LockWord } from '../../src/engine/ports.ts';
import {
  hostStanding,
  leaseRenewed,
  leaseStanding,
  leaseTaken,
  purposeOf,
  refusalOf,
  wishFor,
} from '../../src/locks/decide.ts';
import { CLOCK_SLACK_SECONDS, EXPIRY_SECONDS, HEARTBEAT_SECONDS } from '../../src/locks/terms.ts';
import type { RunLease } from '../../src/tools/kubectl/run-lease.ts';

const ME = { run: 'A', owner: 'ops@a', runbook: 'vault-raft-deadlock' };
const NOW = Date.UTC(2026, 3, 22, 9, 20);

const leaseOf = (run: string, silentSeconds: number, number = 4): RunLease => ({
  resourceVersion: '7',
  number,
  holder: {
    run,
    owner: 'ops@b',
    purpose: 'p',
    durationSeconds: EXPIRY_SECONDS,
    acquiredAt: NOW - 900_000,
    renewedAt: NOW - silentSeconds * 1000,
  },
});
const hostOf = (run: string | undefined, silentSeconds: number) => ({
  ...(run === undefined ? {} : { run }),
  owner: 'ops@b',
  purpose: 'p',
  number: run === undefined ? 0 : 9,
  heldSeconds: 900,
  silentSeconds,
  expirySeconds: EXPIRY_SECONDS,
});

test('a lock outlives several heartbeats that fail at their deadline, and the longest mutation', () => {
  // 13 s for each of two kubectl commands, 12 s on a hypervisor, before the next heartbeat begins.
  const slowest = HEARTBEAT_SECONDS + 13 + 13 + 12;
  expect(EXPIRY_SECONDS).toBeGreaterThan(3 * slowest);
  expect(EXPIRY_SECONDS).toBeGreaterThan(100 + slowest);
});

describe('as it stands', () => {
  test('a lease without a holder is free; one of a clock that is ahead has just been renewed', () => {
    expect(leaseStanding(undefined, ME, NOW)).toEqual({ is: 'free' });
    expect(leaseStanding({ resourceVersion: '7', number: 4 }, ME, NOW)).toEqual({ is: 'free' });
    expect(leaseStanding(leaseOf('B', -500), ME, NOW)).toMatchObject({
      is: 'theirs',
      holder: { silentSeconds: 0, heldSeconds: 900, expired: false },
    });
  });

  test.for([
    [EXPIRY_SECONDS + CLOCK_SLACK_SECONDS, false],
    [EXPIRY_SECONDS + CLOCK_SLACK_SECONDS + 1, true],
  ] as const)('a lease that is silent for %d s is expired: %s', ([silent, expired]) => {
    expect(leaseStanding(leaseOf('B', silent), ME, NOW)).toMatchObject({ holder: { expired } });
    expect(leaseStanding(leaseOf('A', silent), ME, NOW)).toEqual({
      is: 'mine',
      number: 4,
      expired,
    });
  });

  test.for([
    [EXPIRY_SECONDS, false],
    [EXPIRY_SECONDS + 1, true],
  ] as const)('the lock of a host that is silent for %d s is expired: %s', ([silent, expired]) => {
    expect(hostStanding(hostOf('B', silent), ME)).toMatchObject({ holder: { expired } });
    expect(hostStanding(hostOf(undefined, silent), ME)).toMatchObject({
      is: 'theirs',
      holder: { number: 0, expired },
    });
  });
});

test('what another run has is taken only expired and with a reason', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('A', 'B', undefined),
      fc.nat(2 * EXPIRY_SECONDS),
      fc.option(fc.constant('a reason'), { nil: undefined }),
      (run, silent, reason) => {
        const standing = hostStanding(hostOf(run, silent), ME);
        const wish = wishFor(standing, () => reason);
        const mayTake = run === 'A' || (silent > EXPIRY_SECONDS && reason !== undefined);
        expect(wish.do).toBe(mayTake ? 'take' : 'give-way');
        expect(wish.do === 'take' && wish.tookOver?.reason).toBe(
          mayTake ? (run === 'A' ? undefined : reason) : false,
        );
      },
    ),
  );
});

test('a taking has the next number; a renewal keeps number and beginning', () => {
  expect(leaseTaken(undefined, ME, 'x', NOW, undefined).number).toBe(1);
  const before = leaseOf('A', 100);
  expect(leaseTaken(before, ME, 'x', NOW, undefined)).toMatchObject({
    number: 5,
    holder: { acquiredAt: NOW, renewedAt: NOW, purpose: 'vault-raft-deadlock: x' },
  });
  expect(leaseRenewed(before, ME, 'y', NOW, undefined)).toMatchObject({
    number: 4,
    holder: { acquiredAt: NOW - 900_000, renewedAt: NOW, purpose: 'vault-raft-deadlock: y' },
  });
});

test('the purpose is the runbook, the step, and why it was taken over', () => {
  const from = { owner: '', purpose: '', number: 0, silentSeconds: 200, expired: true };
  expect(purposeOf(ME, '', undefined)).toBe('vault-raft-deadlock');
  expect(purposeOf(ME, 'x', { from, reason: 'r' })).toBe(
    'vault-raft-deadlock: x (took over from nobody known: r)',
  );
});

test('changed is only what one lock holds for certain, and no other run or loss stands against', () => {
  const verdict = fc.constantFrom<LockWord['verdict']>(
    'held',
    'refused',
    'unknown',
    'lost',
    'released',
  );
  const word = fc.record({
    lock: fc.constantFrom('lease' as const, 'host' as const),
    where: fc.constant('w'),
    verdict,
    because: fc.constant('because of this'),
  });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (words) => {
      const refusal = refusalOf(words);
      const has = (it: LockWord['verdict']) => words.some((w) => w.verdict === it);
      expect(refusal === undefined).toBe(has('held') && !has('refused') && !has('lost'));
      expect(
        refusal === undefined || words.length === 0 || refusal.includes('because of this'),
      ).toBe(true);
    }),
  );
});
