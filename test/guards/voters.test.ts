import { describe, expect, test } from 'vitest';
import { countVoters, type Roll } from '../../src/guards/voters.ts';
import type { Observation } from '../../src/runbook/observation.ts';
import type { RaftServer } from '../../src/tools/vault/token.ts';

const NAMES = ['vault-0', 'vault-1', 'vault-2'];
const NOW = Date.UTC(2026, 0, 1);

const known = <T>(value: T): Observation<T> => ({ ok: true, value, at: NOW });
const byName = <T>(value: T): Readonly<Record<string, Observation<T>>> =>
  Object.fromEntries(NAMES.map((name) => [name, known(value)]));

/** Three pods that are well, and what the raft says of its servers. */
const roll = (servers: readonly Pick<RaftServer, 'id' | 'address'>[]): Roll => ({
  pods: known(
    NAMES.map((name, i) => ({
      namespace: 'vault',
      name,
      uid: `uid-${i}`,
      node: `k8s-node${i + 1}`,
      ip: `10.0.0.${i}`,
      phase: 'Running',
      ready: true,
      createdAt: '2025-12-01T00:00:00Z',
      labels: {},
      containers: [],
      claims: [],
      hostNetwork: false,
      mirror: false,
      inlineNfs: false,
    })),
  ),
  health: byName({ initialized: true, sealed: false, standby: true }),
  leader: byName({
    haEnabled: true,
    isSelf: false,
    leaderAddress: '',
    leaderClusterAddress: '',
    appliedIndex: 67,
  }),
  reach: {},
  tasks: Object.fromEntries(
    NAMES.map((_, i) => [`k8s-node${i + 1}`, known({ bootId: '', root: true, tasks: [] })]),
  ),
  configuration: known(servers.map((it) => ({ ...it, leader: false, voter: true }))),
  set: known({
    name: 'vault',
    replicas: NAMES.length,
    updateStrategy: 'OnDelete',
    podManagement: 'Parallel',
  }),
});

describe('a server of the raft is the pod', () => {
  test.for([
    ['whose name is its id', (i: number) => ({ id: `vault-${i}`, address: `10.0.0.${i}:8201` })],
    [
      'whose name its address begins with, where its id is random',
      (i: number) => ({ id: `5f1c0e0${i}`, address: `vault-${i}.vault-internal:8201` }),
    ],
    [
      'whose address it has, where its id is random',
      (i: number) => ({ id: `5f1c0e0${i}`, address: `10.0.0.${i}:8201` }),
    ],
  ] as const)('%s', ([, server]) => {
    const servers = NAMES.map((_, i) => server(i));
    const voters = countVoters(roll(servers), NOW);
    expect(Object.keys(voters?.standings ?? {})).toEqual(NAMES);
    expect(Object.values(voters?.standings ?? {}).map((it) => it.is)).toEqual([
      'functional',
      'functional',
      'functional',
    ]);
    expect(voters).toMatchObject({ assumed: false, quorum: 2 });
  });

  test('of nobody, where none of that holds: it counts, under its id, and does not work', () => {
    const servers = [0, 1].map((i) => ({ id: `vault-${i}`, address: `10.0.0.${i}:8201` }));
    const voters = countVoters(roll([...servers, { id: 'gone', address: '10.0.9.9:8201' }]), NOW);
    expect(voters?.standings['gone']).toMatchObject({ is: 'faulty' });
    expect(voters?.quorum).toBe(2);
  });
});
