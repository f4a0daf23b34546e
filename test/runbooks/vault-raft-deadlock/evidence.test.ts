import { describe, expect, test } from 'vitest';
import { judge } from '../../../runbooks/vault-raft-deadlock/judge/evidence.ts';
import type { Dated, Look } from '../../../runbooks/vault-raft-deadlock/judge/look.ts';
import type { Observation } from '../../../src/runbook/observation.ts';
import type { PodRef } from '../../../src/runbook/references.ts';

const PODS: readonly PodRef[] = [0, 1, 2].map((i) => ({
  namespace: 'vault',
  name: `vault-${i}`,
  uid: `uid-${i}`,
  node: `k8s-node${i + 1}`,
  ip: `10.0.0.${i}`,
}));

const known = <T>(value: T): Observation<T> => ({ ok: true, value, at: 0 });
const silent: Observation<never> = { ok: false, why: 'timeout', says: 'no answer', raw: '', at: 0 };

const byName = <T>(one: (name: string) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(PODS.map(({ name }) => [name, one(name)]));

/** What a standby of Vault 1.18.1 writes of each request that does not get through (recorded). */
const UNFORWARDED =
  '[ERROR] core: forward request error: error="error during forwarding RPC request"';

interface Scene {
  /** Who is named leader. */
  readonly leader: string;
  /** Who sends nothing. */
  readonly hung: readonly string[];
  /** The index at each look. */
  readonly indexes: readonly number[];
  readonly acked: boolean | undefined;
  /** Seconds until TCP stood, at each look: 0.01 when not said. */
  readonly tcpSeconds?: readonly number[];
  /** How many requests each standby could not forward in the last minute. */
  readonly unforwarded?: number;
}

const SECOND = 1000;

/** Looks 20 s apart, the first at the start of 2026. */
function looks({
  leader,
  hung,
  indexes,
  acked,
  tcpSeconds,
  unforwarded = 0,
}: Scene): readonly Dated[] {
  const start = Date.UTC(2026, 0, 1);
  return indexes.map((index, i): Dated => {
    const now = start + i * 20 * SECOND;
    const line = (k: number): string =>
      `${new Date(now - k * SECOND).toISOString()} ${UNFORWARDED}`;
    const seen: Look = {
      pods: silent,
      set: silent,
      health: byName((name) =>
        hung.includes(name)
          ? silent
          : known({ initialized: true, sealed: false, standby: name !== leader }),
      ),
      leader: byName((name) =>
        hung.includes(name)
          ? silent
          : known({
              haEnabled: true,
              isSelf: name === leader,
              leaderAddress: '',
              leaderClusterAddress: `https://${leader}.vault-internal:8201`,
              committedIndex: index,
            }),
      ),
      reach: byName((name) =>
        known({
          tcp: 'open',
          tcpSeconds: tcpSeconds?.[i] ?? 0.01,
          http: hung.includes(name) ? { is: 'silent' } : { is: 'status', status: 200 },
        }),
      ),
      logs: byName((name) =>
        name === leader
          ? silent
          : known({
              present: true,
              now: now / SECOND,
              lines: Array.from({ length: unforwarded }, (_, k) => line(k)),
            }),
      ),
      tasks: {},
      endpoints: known([]),
      ha: undefined,
      clients: undefined,
      canary:
        acked === undefined
          ? undefined
          : known(acked ? { acked: true } : { acked: false, because: 'deadline exceeded' }),
    };
    return { since: now, at: now + SECOND, seen };
  });
}

describe('a leader that sends no byte', () => {
  const scene = { leader: 'vault-0', hung: ['vault-0'], acked: false, unforwarded: 5 } as const;

  test('is stuck, where its standbys get no request through and writes are lost', () => {
    const verdict = judge(PODS, looks({ ...scene, indexes: [67, 67, 67, 67] }));
    expect(verdict).toMatchObject({ is: 'stuck', how: 'silent', leader: 'vault-0' });
    expect(verdict.because).toContain('vault-1 could not forward 5 requests to vault-0 in 60 s');
  });

  test('is suspect, where an index moves and no write gets through: it writes for itself', () => {
    const verdict = judge(PODS, looks({ ...scene, indexes: [67, 67, 68, 68] }));
    expect(verdict).toMatchObject({ is: 'suspect', leader: 'vault-0' });
    expect(verdict.because).toContain('none of 4 canary writes was acknowledged');
  });

  test.for([
    ['a write was acknowledged', true],
    ['no write was tried', undefined],
  ] as const)('is slow, where an index moves and %s', ([, acked]) => {
    expect(judge(PODS, looks({ ...scene, acked, indexes: [67, 67, 68, 68] })).is).toBe('slow');
  });

  test('is not called gone, where the way to it was slow once', () => {
    const slow = { ...scene, indexes: [67, 67, 67, 67], tcpSeconds: [0.01, 1.3, 0.01, 0.01] };
    const verdict = judge(PODS, looks(slow));
    expect(verdict.is).toBe('unclear');
    expect(verdict.because).toContain('opens TCP, which took 1.3 s in one look');
  });

  test('is suspect, where too few requests failed to call it a complaint', () => {
    const few = { ...scene, unforwarded: 2, indexes: [67, 67, 67, 67] };
    expect(judge(PODS, looks(few)).is).toBe('suspect');
  });
});

describe('a leader that says so while others send no byte', () => {
  const scene = { leader: 'vault-2', indexes: [67, 67, 67, 67] } as const;

  test('leads nobody, where those who answer are no quorum', () => {
    const two = looks({ ...scene, hung: ['vault-0', 'vault-1'], acked: undefined });
    const verdict = judge(PODS, two);
    expect(verdict.is).toBe('no-leader');
    expect(verdict.because).toContain(
      'vault-2 says that it leads, and 1 of 3 pods answer, which is no quorum (2)',
    );
  });

  test('leads, where it takes a write: the others do not answer, and follow', () => {
    const two = looks({ ...scene, hung: ['vault-0', 'vault-1'], acked: true });
    expect(judge(PODS, two)).toMatchObject({ is: 'failed-member', member: 'vault-0' });
  });

  test('leads, where those who answer are a quorum', () => {
    const one = looks({ ...scene, hung: ['vault-0'], acked: undefined });
    expect(judge(PODS, one)).toMatchObject({ is: 'failed-member', member: 'vault-0' });
  });
});
