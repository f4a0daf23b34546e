import { describe, expect, test } from 'vitest';
import { nfsClients } from '../../../src/tools/nfs/clients.ts';
import { files, folder } from '../node/fake-proc.ts';
import { lab } from '../node/lab.ts';
import { runScript, SHELLS } from '../node/run-script.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { SITE } from '../site.ts';

const COMMAND = nfsClients(SITE);
if (COMMAND === undefined) throw new Error('the site names a host');

/** The tree under /proc/fs/nfsd that lab 12 printed, healthy (first) or with its 4.2 client gone silent. */
function recordedTree(silent: boolean): Record<string, string> {
  const text = lab('nfs/lab-12-nfsd-clients-info-states-locks.txt');
  const sections = [
    ...text.matchAll(
      /^== \/proc\/fs\/nfsd\/clients\/(\d+): ctl info states \n([\s\S]*?)^-- states\n([\s\S]*?)(?=^==|^--)/gm,
    ),
  ];
  const later = [
    ...text.matchAll(/^== \/proc\/fs\/nfsd\/clients\/(\d+)\n(status: .*)\n(seconds .*)$/gm),
  ];
  return Object.fromEntries([
    ['nfsv4leasetime', '10\n'],
    ...sections.flatMap(([, id = '', info = '', states = '']) => {
      const now = later.find((it) => it[1] === id);
      const seen =
        silent && now !== undefined
          ? info.replace(/^status: .*$/m, now[2] ?? '').replace(/^seconds .*$/m, now[3] ?? '')
          : info;
      return [
        [`clients/${id}/info`, seen],
        [`clients/${id}/states`, states],
        [`clients/${id}/ctl`, 'never read'],
      ];
    }),
  ]) as Record<string, string>;
}

describe.for(SHELLS)('clients.sh in %s', (shell) => {
  const read = async (tree: Record<string, string>) => {
    const out = await runScript(COMMAND, { SRE_NFSD_ROOT: files(folder(), tree) }, shell);
    expect(out.stderr).toBe('');
    return readWith(COMMAND, out);
  };

  test.for(['info', 'states'])(
    'a client whose %s cannot be read makes the list no list',
    async (file) => {
      const { [`clients/3/${file}`]: _, ...rest } = recordedTree(false);
      const root = files(folder(), { ...rest, [`clients/3/${file}/x`]: '' });
      const out = await runScript(COMMAND, { SRE_NFSD_ROOT: root }, shell);
      expect(out.stderr).toContain(`clients/3/${file} cannot be read`);
      expect(whyOf(readWith(COMMAND, out)).why).toBe('exit');
    },
  );

  test('recorded: who holds a lock', async () => {
    expect(valueOf(await read(recordedTree(false)))).toEqual({
      leaseSeconds: 10,
      clients: [
        {
          id: '3',
          address: '127.0.0.1',
          hostname: 'k8sn',
          minor: 2,
          status: 'confirmed',
          secondsSinceRenew: 4,
          locks: [{ filename: 'a/vault.db' }],
          opens: [{ filename: 'a/vault.db' }],
        },
        {
          id: '5',
          address: '127.0.0.1',
          hostname: 'k8sn',
          minor: 1,
          status: 'confirmed',
          secondsSinceRenew: 1,
          locks: [],
          opens: [],
        },
      ],
    });
  });

  test('recorded: one minor version of a node silent past its lease, the other fresh', async () => {
    const { clients } = valueOf(await read(recordedTree(true)));
    expect(clients.map((c) => [c.minor, c.status, c.secondsSinceRenew])).toEqual([
      [2, 'courtesy', 19],
      [1, 'confirmed', 7],
    ]);
  });

  test('no client; no server', async () => {
    const empty = { nfsv4leasetime: '90\n', 'clients/.keep': '' };
    expect(valueOf(await read(empty))).toEqual({ leaseSeconds: 90, clients: [] });
    expect(whyOf(await read({}))).toEqual({
      why: 'exit',
      says: 'no NFS server of kernel 5.3 or later runs on that host',
    });
  });
});

const client = (...info: readonly string[]) =>
  readWith(
    COMMAND,
    exited(records(['lease', 90], ...info.map((line) => ['info', 7, line] as const))),
  );

describe('reading', () => {
  const basics = ['status: confirmed', 'minor version: 0'] as const;

  test.for([
    ['address: "10.0.20.103:883"', 'name: "Linux NFSv4.2 k8s-node3"', '10.0.20.103', 'k8s-node3'],
    [
      'address: "[fd00::1]:883"',
      'name: "Linux NFSv4.2 2f1e-uniq/k8s-node3"',
      'fd00::1',
      'k8s-node3',
    ],
    [
      'address: "10.0.20.103:883"',
      'name: "Linux NFSv4.0 k8s-node3/10.0.20.103"',
      '10.0.20.103',
      'k8s-node3',
    ],
    ['address: "10.0.20.103:883"', 'name: "VMware ESXi"', '10.0.20.103', ''],
    ['address: "10.0.20.103:883"', 'callback state: DOWN', '10.0.20.103', ''],
  ] as const)('%s %s', ([address, name, is, hostname]) => {
    const { clients } = valueOf(client(address, name, ...basics));
    expect(clients[0]).toMatchObject({ address: is, hostname });
    expect(clients[0]).not.toHaveProperty('secondsSinceRenew');
  });

  test('a file name with quotes, and states of other types', () => {
    const text = records(
      ['lease', 90],
      ['info', 7, 'address: "a:1"'],
      ...basics.map((line) => ['info', 7, line] as const),
      [
        'state',
        7,
        String.raw`- 0x01: { type: lock, superblock: "00:18:6", filename: "a/say \"hi\".db", owner: "lock id:\x00" }`,
      ],
      ['state', 7, '- 0x02: { type: deleg, access: r, superblock: "00:18:6", filename: "a/b" }'],
      ['state', 7, '- 0x03: { type: open, access: rw, deny: --,  superblock: "00:18:6"'],
    );
    expect(valueOf(readWith(COMMAND, exited(text))).clients[0]).toMatchObject({
      locks: [{ filename: String.raw`a/say \"hi\".db` }],
      opens: [{ filename: '' }],
    });
  });

  test('a lock whose file the server does not name is a lock', () => {
    const text = records(
      ['lease', 90],
      ['info', 7, 'address: "a:1"'],
      ...basics.map((line) => ['info', 7, line] as const),
      ['state', 7, '- 0x01: { type: lock, superblock: "00:18:6", owner: "lock id:\\x00" }'],
    );
    expect(valueOf(readWith(COMMAND, exited(text))).clients[0]?.locks).toEqual([{ filename: '' }]);
  });

  test('what is not understood', () => {
    expect(whyOf(client('address: "a:1"', 'status: confirmed')).why).toBe('unparsable');
    expect(whyOf(client('garbage')).why).toBe('unparsable');
    expect(whyOf(readWith(COMMAND, exited(records(['info', 7, 'x'])))).why).toBe('unparsable');
    expect(whyOf(readWith(COMMAND, exited('lease\t90\ninfo\t7\taddr'))).why).toBe('unparsable');
  });
});
