import { spawnSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { externalHealth } from '../../../src/tools/vault/external.ts';
import { haStatus, health, leader } from '../../../src/tools/vault/proxy.ts';
import { newestSnapshots } from '../../../src/tools/vault/snapshots.ts';
import { audited, canary, raftConfiguration } from '../../../src/tools/vault/token.ts';
import { recorded } from '../kubectl/recorded.ts';
import { files, folder } from '../node/fake-proc.ts';
import { runScript, SHELLS } from '../node/run-script.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { SITE } from '../site.ts';

const POD = { name: 'vault-2' };
const HEALTH = health(SITE, POD);
const LEADER = leader(SITE, POD);
const HA = haStatus(SITE, POD);
const PEERS = raftConfiguration(SITE, POD);
const CANARY = canary(SITE, POD, 'run-1');

const leaderBody = (more: object) =>
  exited(
    JSON.stringify({
      ha_enabled: true,
      is_self: false,
      active_time: '0001-01-01T00:00:00Z',
      leader_address: 'http://10.10.107.27:8200',
      leader_cluster_address: 'https://vault-2.vault-internal:8201',
      performance_standby: false,
      performance_standby_last_remote_wal: 0,
      raft_committed_index: 2_475_732,
      raft_applied_index: 2_475_732,
      ...more,
    }),
  );

const ended = (code: number, stderr: string) =>
  exited('', code, `${stderr}\ncommand terminated with exit code ${code}\n`);

describe('health', () => {
  test('a standby of Vault 1.18', () => {
    expect(valueOf(readWith(HEALTH, recorded('vault-health')))).toEqual({
      initialized: true,
      sealed: false,
      standby: true,
      version: '1.18.1',
    });
  });

  test('a standby of Vault 1.19 that has lost its leader', () => {
    const body =
      '{"initialized":true,"sealed":false,"standby":true,"version":"1.19.0","ha_connection_healthy":false,"last_request_forwarding_heartbeat_ms":61000}';
    expect(valueOf(readWith(HEALTH, exited(body)))).toMatchObject({
      haConnectionHealthy: false,
      lastHeartbeatMs: 61_000,
    });
  });

  test('no body, half a body, another body', () => {
    const body = recorded('vault-health').stdout.trimEnd();
    for (let end = 0; end < body.length; end += 1) {
      expect(readWith(HEALTH, exited(body.slice(0, end))).ok).toBe(false);
    }
    expect(whyOf(readWith(HEALTH, exited('{"errors":["no handler for route"]}'))).says).toBe(
      'expected the health of vault-2 as JSON, but at initialized: Invalid input: expected boolean, received undefined',
    );
  });

  test('a pod that cannot be reached, and one that does not answer', () => {
    expect(whyOf(readWith(HEALTH, recorded('proxy-refused'))).why).toBe('unreachable');
    expect(whyOf(readWith(HEALTH, recorded('proxy-no-answer'))).why).toBe('timeout');
    expect(whyOf(readWith(HEALTH, recorded('hang'))).why).toBe('timeout');
  });
});

describe('leader', () => {
  test('a standby names it, with no active time of its own', () => {
    expect(valueOf(readWith(LEADER, leaderBody({})))).toEqual({
      haEnabled: true,
      isSelf: false,
      leaderAddress: 'http://10.10.107.27:8200',
      leaderClusterAddress: 'https://vault-2.vault-internal:8201',
      committedIndex: 2_475_732,
      appliedIndex: 2_475_732,
    });
  });

  test('the leader itself', () => {
    const it = valueOf(
      readWith(LEADER, leaderBody({ is_self: true, active_time: '2026-04-22T07:12:31.5Z' })),
    );
    expect(it).toMatchObject({ isSelf: true, activeTime: '2026-04-22T07:12:31.5Z' });
  });

  test('a sealed pod answers 503, which is no answer', () => {
    expect(whyOf(readWith(LEADER, recorded('vault-sealed'))).why).toBe('unreachable');
  });
});

describe('what a standby forwards', () => {
  test.for([
    ['vault-bad-request', 'leader-answers'],
    ['vault-forbidden', 'leader-answers'],
    ['vault-no-active', 'no-active'],
    ['vault-sealed', 'unknown'],
    ['vault-health', 'unknown'],
  ] as const)('%s is %s', ([name, status]) => {
    expect(valueOf(readWith(HA, recorded(name)))).toBe(status);
  });

  test.for([
    ['proxy-no-right', 'denied'],
    ['pod-unauthorized', 'denied'],
    ['proxy-refused', 'unreachable'],
    ['hang', 'timeout'],
    ['internal-error', 'exit'],
    ['path-missing', 'exit'],
  ] as const)('%s is no answer of the leader: %s', ([name, why]) => {
    expect(whyOf(readWith(HA, recorded(name))).why).toBe(why);
  });
});

describe('with the token', () => {
  test('the raft configuration', () => {
    const servers = [
      {
        node_id: 'vault-0',
        address: 'vault-0.vault-internal:8201',
        leader: false,
        protocol_version: '3',
        voter: true,
      },
      {
        node_id: 'vault-2',
        address: 'vault-2.vault-internal:8201',
        leader: true,
        protocol_version: '3',
        voter: false,
      },
    ];
    const body = JSON.stringify({ request_id: 'x', data: { config: { index: 0, servers } } });
    expect(valueOf(readWith(PEERS, exited(body)))).toEqual([
      { id: 'vault-0', address: 'vault-0.vault-internal:8201', leader: false, voter: true },
      { id: 'vault-2', address: 'vault-2.vault-internal:8201', leader: true, voter: false },
    ]);
  });

  test('an acknowledged write says nothing', () => {
    expect(valueOf(readWith(CANARY, exited('')))).toEqual({ acked: true });
  });

  test.for([
    [ended(90, ''), 'denied'],
    [ended(2, 'Error making API request.\n\nCode: 403. Errors:\n\n* permission denied'), 'denied'],
    [ended(126, 'sh: vault: not found'), 'exit'],
    [recorded('exec-kubelet-down'), 'unreachable'],
    [recorded('refused'), 'unreachable'],
    [recorded('hang'), 'timeout'],
    [recorded('context-missing'), 'denied'],
    [exited('', 1, 'Error from server (NotFound): pods "vault-2" not found\n'), 'exit'],
    [
      exited(
        '',
        1,
        'Error from server (Forbidden): pods "vault-2" is forbidden: User "x" cannot create resource "pods/exec"\n',
      ),
      'denied',
    ],
  ] as const)('%j', ([out, why]) => {
    expect(whyOf(readWith(CANARY, out)).why).toBe(why);
  });

  test.for([
    [
      ended(2, 'Error writing data to cubbyhole/sre-canary: context deadline exceeded'),
      'Vault did not answer in time',
    ],
    [ended(137, ''), 'killed in the pod after 12 s'],
    [
      ended(
        2,
        'Error making API request.\n\nCode: 500. Errors:\n\n* local node not active but active cluster node not found',
      ),
      'local node not active',
    ],
  ] as const)('%j is Vault not taking the write', ([out, says]) => {
    expect(valueOf(readWith(CANARY, out))).toMatchObject({
      acked: false,
      because: expect.stringContaining(says),
    });
  });

  test('a way that failed is not blamed on Vault', () => {
    expect(whyOf(readWith(CANARY, recorded('hang'))).says).toContain(
      'no answer from the API server',
    );
  });

  test('a read that passed the audit device', () => {
    const lookup = audited(SITE, POD);
    expect(
      valueOf(readWith(lookup, exited('{"data":{"accessor":"abc","policies":["sre"]}}'))),
    ).toBe(true);
    expect(whyOf(readWith(lookup, exited('{"data":null}'))).why).toBe('unparsable');
  });

  test.for(['token\n', 'token'])(
    'the fixed text gives the token %j to the child alone',
    (stdin) => {
      const argv: readonly string[] = CANARY.run.kind === 'argv' ? CANARY.run.argv : [];
      const text = argv[argv.indexOf('-c', argv.indexOf('sh')) + 1] ?? '';
      const child =
        'printf "%s|%s|%s|" "$VAULT_TOKEN" "$VAULT_CLIENT_TIMEOUT" "$VAULT_MAX_RETRIES"; cat';
      const ran = spawnSync('sh', ['-c', text, 'sre', 'sh', '-c', child], {
        input: stdin,
        encoding: 'utf8',
      });
      expect(ran.stdout).toBe('token|10|0|');
      expect(spawnSync('sh', ['-c', text, 'sre', 'true'], { input: '' }).status).toBe(90);
    },
  );
});

test.for([
  ['200', 0, '', 200],
  ['503', 0, '', 503],
  [
    '000',
    28,
    'curl: (28) Operation timed out after 5001 milliseconds with 0 bytes received',
    'timeout',
  ],
  ['000', 6, 'curl: (6) Could not resolve host: vault.example.net', 'unreachable'],
  ['000', 60, 'curl: (60) SSL certificate problem', 'unreachable'],
  ['000', 0, '', 'unreachable'],
  ['', 127, 'sh: curl: not found', 'exit'],
  ['20', 0, '', 'unparsable'],
] as const)('from outside: %s, exit code %d', ([stdout, code, stderr, is]) => {
  const reading = readWith(externalHealth('https://x'), exited(stdout, code, stderr));
  expect(reading.ok ? reading.value.status : reading.why).toBe(is);
});

test('snapshots, newest first; none; and no directory', () => {
  const command = newestSnapshots(SITE);
  if (command === undefined) throw new Error('the site names a directory');
  const names = Array.from({ length: 12 }, (_, i) => [
    `vault-raft-${i}.db`,
    1000 + i,
    1_776_000_000 + i,
  ]);
  const all = valueOf(
    readWith(command, exited(records(...names.map((it) => ['snapshot', ...it])))),
  );
  expect(all).toHaveLength(10);
  expect(all[0]).toEqual({ name: 'vault-raft-11.db', bytes: 1011, at: 1_776_000_011_000 });
  expect(valueOf(readWith(command, exited(records())))).toEqual([]);
  expect(whyOf(readWith(command, exited(records(['absent', '/srv/x'])))).says).toContain('/srv/x');
  // What a record holds beside its name may be anything.
  expect(whyOf(readWith(command, exited(records(['absent', '/srv', 'x'])))).says).toMatch(
    /^there is no directory \/srv ?x on that host$/,
  );
});

test.for(SHELLS)('snapshots.sh in %s lists files, whatever their names', async (shell) => {
  const root = files(folder(), {
    'vault-raft-20260419-020000.db': 'x'.repeat(47),
    'vault raft\t-rf.db': 'xy',
    'sub/no.db': 'x',
  });
  utimesSync(join(root, 'vault-raft-20260419-020000.db'), 1_776_564_000, 1_776_564_000);
  utimesSync(join(root, 'vault raft\t-rf.db'), 1_776_560_000, 1_776_560_000);
  const list = async (directory: string) => {
    const snapshots = { host: 'pve', directory };
    const command = newestSnapshots({ ...SITE, vault: { ...SITE.vault, snapshots } });
    if (command === undefined) throw new Error('the site names a directory');
    return readWith(command, await runScript(command, {}, shell));
  };
  expect(valueOf(await list(root))).toEqual([
    { name: 'vault-raft-20260419-020000.db', bytes: 47, at: 1_776_564_000_000 },
    { name: 'vault raft?-rf.db', bytes: 2, at: 1_776_560_000_000 },
  ]);
  expect(valueOf(await list(join(root, 'sub')))).toHaveLength(1);
  expect(whyOf(await list(join(root, 'none'))).why).toBe('exit');
  expect(whyOf(await list('relative')).says).toContain('usage: snapshots.sh');
});
