import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { portOwner } from '../../../src/tools/node/port-owner.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT, UID } from '../site.ts';
import { files, folder, HEAD, thread } from './fake-proc.ts';
import { lab, LAB_04, statLine } from './lab.ts';
import { runScript, SHELLS } from './run-script.ts';
import { standIns, word } from './stand-ins.ts';

const OWNER = portOwner('k8s-node3', 29_653);
const CONTAINER = 'c'.repeat(64);
const GROUP = `/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${CONTAINER}.scope`;
const ZOMBIE = statLine(LAB_04, '137 (weird) (na me) Z').replace('weird) (na me', 'livenessprobe');
const LIVING = ZOMBIE.replace(' Z ', ' S ');
const ROOT = process.getuid?.() === 0;

/** What `ss` printed of the port in lab 07: as long as its process lived, and once only a thread of it did. */
const LAB_07 = lab('node/lab-07-zombie-holds-listen-port.txt').split('\n');
const SHOWN = LAB_07.find((line) => line.includes('users:((')) ?? '';
const BARE = LAB_07.find((line) => line.includes(' ino:13739 ')) ?? '';

/** A stand-in for ss that prints one text for TCP without processes, one with them, and nothing for UDP. */
const ss = (bare: string, shown: string) =>
  standIns({
    ss: `case "$*" in *u*' sport = :29653') ;; *' -p sport = :29653') printf '%s\\n' ${word(shown)} ;; *) printf '%s\\n' ${word(bare)} ;; esac`,
  });

const head = [
  ['boot', BOOT],
  ['uid', 0],
] as const;

describe('reading', () => {
  test('a listener with its holder, and one that only a thread shows', () => {
    const text = records(
      ...head,
      ['listen', 'tcp', '127.0.0.1:29653', 13_739],
      ['holder', 'tcp', 137, 139, 5782, 'Z', 2, 'no', GROUP, 'livenessprobe'],
      ['listen', 'udp', '[::]:29653', 13_740],
      ['holder', 'udp', 12, 12, 99, 'S', 1, 'yes', '/system.slice/x.service', 'a\tb'],
    );
    expect(valueOf(readWith(OWNER, exited(text)))).toEqual({
      bootId: BOOT,
      root: true,
      listeners: [
        { protocol: 'tcp', address: '127.0.0.1', inode: 13_739 },
        { protocol: 'udp', address: '[::]', inode: 13_740 },
      ],
      holders: [
        {
          protocol: 'tcp',
          pid: 137,
          tid: 139,
          startTicks: 5782,
          state: 'Z',
          threads: 2,
          shown: false,
          comm: 'livenessprobe',
          podUid: UID,
          containerId: CONTAINER,
        },
        {
          protocol: 'udp',
          pid: 12,
          tid: 12,
          startTicks: 99,
          state: 'S',
          threads: 1,
          shown: true,
          comm: 'a\tb',
        },
      ],
    });
    for (let end = 0; end < text.length - 1; end += 1) {
      expect(readWith(OWNER, exited(text.slice(0, end))).ok).toBe(false);
    }
  });

  test('a free port', () => {
    const it = valueOf(readWith(OWNER, exited(records(...head))));
    expect(it).toMatchObject({ listeners: [], holders: [] });
  });

  test.for([
    ['listen', 'sctp', '127.0.0.1:1', 5],
    ['listen', 'tcp', '127.0.0.1:1', 'x'],
    ['listen', 'tcp', ':29653', 5],
    ['holder', 'tcp', 1, 1, 1, 'S', 1, 'maybe', '-', 'x'],
    ['holder', 'tcp', 1, 1, 1, 'SS', 1, 'yes', '-', 'x'],
    ['holder', 'tcp', 1, 1, 1, 'S', 1, 'yes'],
    ['holder', 'tcp', 1],
  ] as const)('%j is not understood', (line) => {
    expect(whyOf(readWith(OWNER, exited(records(...head, line)))).why).toBe('unparsable');
  });
});

/** A process that holds a socket: through its own descriptors, or only through those of a thread. */
function holder(root: string, stat: string, tid: number, links: Readonly<Record<string, string>>) {
  files(root, {
    ...thread(137, stat, { cgroup: `0::${GROUP}\n` }),
    ...thread(137, stat.replace(/^137/, '139').replace(/ [SZ] /, ' D '), {
      cgroup: `0::${GROUP}\n`,
    }),
  });
  for (const dir of ['137/fd', '137/task/137/fd', '137/task/139/fd']) {
    mkdirSync(join(root, dir), { recursive: true });
  }
  for (const [fd, target] of Object.entries(links)) {
    symlinkSync(target, join(root, `137/task/${tid}/fd`, fd));
    if (tid === 137) symlinkSync(target, join(root, '137/fd', fd));
  }
  return root;
}

describe.for(SHELLS)('port-owner.sh in %s', (shell) => {
  test('recorded: a port that ss shows without an owner is held by a thread of the dead', async () => {
    const root = holder(files(folder(), HEAD), ZOMBIE, 139, {
      0: '/dev/null',
      3: 'socket:[13739]',
      4: '/mnt/hard/a/x',
    });
    const out = await runScript(OWNER, { SRE_PROC_ROOT: root, ...ss(BARE, BARE) }, shell);
    expect(out.stderr).toBe('');
    expect(valueOf(readWith(OWNER, out))).toMatchObject({
      listeners: [{ protocol: 'tcp', address: '127.0.0.1', inode: 13_739 }],
      holders: [
        {
          pid: 137,
          tid: 139,
          startTicks: 5782,
          state: 'Z',
          threads: 2,
          shown: false,
          comm: 'livenessprobe',
          podUid: UID,
          containerId: CONTAINER,
        },
      ],
    });
  });

  test('recorded: as long as the process lives, ss names it', async () => {
    const root = holder(files(folder(), HEAD), LIVING, 137, { 3: 'socket:[13739]' });
    const out = await runScript(OWNER, { SRE_PROC_ROOT: root, ...ss(BARE, SHOWN) }, shell);
    const { holders } = valueOf(readWith(OWNER, out));
    expect(holders.map((it) => [it.pid, it.tid, it.state, it.shown])).toEqual([
      [137, 137, 'S', true],
    ]);
  });

  test('a process that calls itself another one is not believed', async () => {
    const root = holder(files(folder(), HEAD), LIVING, 137, { 3: 'socket:[999]' });
    const lie = SHOWN.replace('livenessprobe', '",pid=137,fd=3').replace(
      'pid=137,fd=3)',
      'pid=9,fd=3)',
    );
    const out = await runScript(OWNER, { SRE_PROC_ROOT: root, ...ss(BARE, lie) }, shell);
    expect(valueOf(readWith(OWNER, out)).holders).toEqual([]);
  });

  test('an ss that fails, or says something else, proves nothing', async () => {
    const env = { SRE_PROC_ROOT: files(folder(), HEAD) };
    const failing = standIns({ ss: 'echo "Error: invalid filter" >&2; exit 255' });
    const one = whyOf(readWith(OWNER, await runScript(OWNER, { ...env, ...failing }, shell)));
    expect(one.says).toContain('Error: invalid filter port-owner.sh: ss failed');
    const warning = standIns({ ss: 'echo "Failed to open cgroup2 by ID" >&2' });
    const warned = await runScript(OWNER, { ...env, ...warning }, shell);
    expect(valueOf(readWith(OWNER, warned)).listeners).toEqual([]);
    const other = await runScript(OWNER, { ...env, ...ss('Netid  State', '') }, shell);
    expect(whyOf(readWith(OWNER, other)).says).toContain('ss named no inode');
  });

  test.for(['', '0', '70000', '29653x', '-1', '080'])('refuses the port %j', async (port) => {
    const command = { run: { kind: 'script', script: 'node/port-owner', args: [port] } } as const;
    const out = await runScript(command, {}, shell);
    expect([out.stdout, out.ending]).toEqual(['', { how: 'exited', code: 64 }]);
  });

  test.skipIf(!ROOT || spawnSync('ss', ['-V']).status !== 0)(
    'finds a real listener of this process, on both stacks',
    async () => {
      const server = createServer();
      server.listen(0, '::1');
      onTestFinished(() => {
        server.close();
      });
      await once(server, 'listening');
      const command = portOwner('n', (server.address() as AddressInfo).port);
      const out = await runScript(command, {}, shell);
      const it = valueOf(readWith(command, out));
      expect(it.listeners).toMatchObject([{ protocol: 'tcp', address: '[::1]' }]);
      expect(it.holders).toMatchObject([{ pid: process.pid, tid: process.pid, shown: true }]);
    },
  );

  test.skipIf(
    !ROOT ||
      process.arch !== 'x64' ||
      spawnSync('perl', ['-Mthreads', '-MSocket', '-e', '1']).status !== 0,
  )('finds the thread of a real dead leader that holds the port', async () => {
    // The leader ends with exit(2), 60 on x86_64; its thread lives on and with it every descriptor.
    const script = `use threads; use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, inet_aton("127.0.0.1"))); listen(S, 1);
      ($port) = sockaddr_in(getsockname(S)); $| = 1; print "$port\\n"; async { sleep 20 }; select(undef, undef, undef, 0.1); syscall(60, 0);`;
    const child = spawn('perl', ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    const command = portOwner('n', Number(port.toString()));
    const look = async () => {
      const it = valueOf(readWith(command, await runScript(command, {}, shell)));
      return it.holders.map((h) => [h.pid, h.tid > h.pid, h.state, h.threads, h.shown, h.comm]);
    };
    await expect.poll(look, { timeout: 5000 }).toEqual([[child.pid, true, 'Z', 2, false, 'perl']]);
  });
});
