import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tasks } from '../../../src/tools/node/tasks.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT } from '../site.ts';
import { files, folder, HEAD, thread } from './fake-proc.ts';
import { LAB_03, LAB_04, statLine } from './lab.ts';
import { runScript, SHELLS } from './run-script.ts';

const SCAN = tasks('k8s-node3');
const HEADER = [
  ['boot', BOOT],
  ['uid', 0],
  ['hz', 100],
  ['uptime', 196.04],
] as const;
const MOUNT = statLine(LAB_03, '537 (mount.nfs)');
const ZOMBIE = statLine(LAB_04, '137 (weird) (na me) Z');
const UID = '1f2e3d4c-0001-4222-8333-444444444444';
const GROUP = `/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${'a'.repeat(64)}.scope`;

describe('reading', () => {
  test('recorded: an abandoned mount, and what cannot be reaped', () => {
    const text = records(
      ...HEADER,
      ['task', 537, 537, 'rpc_wait_bit_killable', '/system.slice/kubelet.service', MOUNT],
      ['task', 137, 137, '0', GROUP, ZOMBIE],
      [
        'task',
        137,
        140,
        'folio_wait_bit_common',
        GROUP,
        ZOMBIE.replace(/^137/, '140').replace(' Z ', ' D '),
      ],
    );
    const scan = valueOf(readWith(SCAN, exited(text)));
    expect(scan).toMatchObject({ bootId: BOOT, root: true });
    expect(scan.tasks[0]).toEqual({
      pid: 537,
      tid: 537,
      comm: 'mount.nfs',
      state: 'D',
      ppid: 1,
      threads: 1,
      startTicks: 9676,
      ageSeconds: 99.3,
      wchan: 'rpc_wait_bit_killable',
      killable: 'yes',
      nfs: true,
    });
    expect(
      scan.tasks
        .slice(1)
        .map((t) => [t.tid, t.comm, t.state, t.threads, t.killable, t.nfs, t.podUid]),
    ).toEqual([
      [137, 'weird) (na me', 'Z', 2, 'no', false, UID],
      [140, 'weird) (na me', 'D', 2, 'no', true, UID],
    ]);
  });

  test('no task at all; without root; without getconf; younger than its boot', () => {
    expect(valueOf(readWith(SCAN, exited(records(...HEADER)))).tasks).toEqual([]);
    const other = records(
      ['boot', BOOT],
      ['uid', 1000],
      ['hz', '-'],
      ['uptime', '1.00'],
      ['task', 537, 537, '-', '-', MOUNT],
    );
    const scan = valueOf(readWith(SCAN, exited(other)));
    expect(scan.root).toBe(false);
    expect(scan.tasks[0]).toMatchObject({ ageSeconds: 0, killable: 'unknown', nfs: false });
  });

  test('the stack of a stuck mount, as root sees it', () => {
    const task = ['task', 537, 537, 'rpc_wait_bit_killable', '-', MOUNT] as const;
    const read = (...stack: readonly (string | number)[]) =>
      readWith(SCAN, exited(records(...HEADER, task, ['stack', ...stack])));
    const frames = 'rpc_wait_bit_killable _nfs41_proc_secinfo_no_name.constprop.0';
    expect(valueOf(read(537, 537, frames)).tasks[0]?.stack).toEqual(frames.split(' '));
    expect(valueOf(read(538, 538, frames)).tasks[0]).not.toHaveProperty('stack');
    expect(whyOf(read(537, 537, '')).why).toBe('unparsable');
    expect(whyOf(read(537, 537, '[<0>] rpc_execute+0xc5/0xf0')).why).toBe('unparsable');
    expect(whyOf(read(537, 'x', frames)).why).toBe('unparsable');
  });

  test('no part of it makes a value', () => {
    const text = records(
      ...HEADER,
      ['task', 537, 537, 'rpc_wait_bit_killable', GROUP, MOUNT],
      ['stack', 537, 537, 'rpc_wait_bit_killable __rpc_execute rpc_execute'],
    ).trimEnd();
    for (let end = 0; end < text.length; end += 1) {
      expect(readWith(SCAN, exited(text.slice(0, end))).ok).toBe(false);
    }
  });

  test.for([
    ['another thread', ['task', 537, 999, '-', '-', MOUNT]],
    ['a state that was not asked for', ['task', 537, 537, '-', '-', MOUNT.replace(' D ', ' S ')]],
    ['an escape sequence', ['task', 537, 537, '-', '-', `\u001B[31m${MOUNT}`]],
    ['half a stat', ['task', 537, 537, '-', '-', MOUNT.slice(0, 40)]],
  ] as const)('%s is not understood', ([, line]) => {
    expect(whyOf(readWith(SCAN, exited(records(...HEADER, line)))).why).toBe('unparsable');
  });

  test('sudo, a deadline on the node, and a shell that is not there', () => {
    expect(whyOf(readWith(SCAN, exited('', 1, 'sudo: a password is required\n'))).why).toBe(
      'denied',
    );
    expect(whyOf(readWith(SCAN, exited('', 137))).why).toBe('timeout');
    expect(whyOf(readWith(SCAN, exited('', 127, 'sh: not found'))).says).toBe(
      'the script said: sh: not found',
    );
  });
});

/** As `/proc/PID/stack` prints it (REALITY 4d). */
const STACK = `[<0>] rpc_wait_bit_killable+0xd/0x70 [sunrpc]
[<0>] __rpc_execute+0x12f/0x4a0 [sunrpc]
[<0>] nfs4_run_exchange_id+0x1ea/0x290 [nfsv4]
[<0>] _nfs41_proc_secinfo_no_name.constprop.0+0x1/0x2 [nfsv4]
[<0>] vfs_get_tree+0x22/0xc0
[<0>] 0xffffffffc0a00000
`;

/** Whether this kernel shows stacks to who runs the tests: to root, where it keeps them at all. */
const STACKS = spawnSync('cat', ['/proc/self/stack']).status === 0;

const fake = () =>
  files(folder(), {
    ...HEAD,
    ...thread(1, '1 (systemd) S 0 1 1 0 -1 4194560 0 0 0 0 1 2 0 0 20 0 1 0 3 0'),
    ...thread(137, ZOMBIE, { cgroup: `12:pids:/x\n0::${GROUP}\n` }),
    ...thread(137, ZOMBIE.replace(/^137/, '140').replace(' Z ', ' D '), {
      wchan: 'folio_wait_bit_common',
      cgroup: `0::${GROUP}\n`,
    }),
    ...thread(537, MOUNT, {
      wchan: 'rpc_wait_bit_killable',
      cgroup: '5:memory:/kubepods/besteffort/podx\n1:name=systemd:/y\n',
      stack: STACK,
    }),
    ...thread(538, MOUNT.replace('537 (mount.nfs)', '538 (mount.nfs4)')),
    ...thread(600, MOUNT.replace('537 (mount.nfs)', '600 (a\tb\n) D (c)')),
    ...thread(601, MOUNT.replace('537 (mount.nfs) D', '601 (x) D 1 2) S')),
    ...thread(602, 'no stat line at all'),
  });

describe.for(SHELLS)('tasks.sh in %s', (shell) => {
  test('finds every blocked and dead thread, whatever its name', async () => {
    const out = await runScript(SCAN, { SRE_PROC_ROOT: fake() }, shell);
    expect(out.stderr).toBe('');
    const scan = valueOf(readWith(SCAN, out));
    expect(scan.bootId).toBe(BOOT);
    expect(scan.tasks.map((t) => [t.pid, t.tid, t.comm, t.state, t.wchan, t.podUid])).toEqual([
      [137, 137, 'weird) (na me', 'Z', '0', UID],
      [137, 140, 'weird) (na me', 'D', 'folio_wait_bit_common', UID],
      [537, 537, 'mount.nfs', 'D', 'rpc_wait_bit_killable', undefined],
      [538, 538, 'mount.nfs4', 'D', '0', undefined],
      [600, 600, 'a b ) D (c', 'D', '0', undefined],
    ]);
    expect(out.stdout).toContain('\t/kubepods/besteffort/podx\t');
    expect(scan.tasks.map((t) => t.stack?.join(' '))).toEqual([
      undefined,
      undefined,
      'rpc_wait_bit_killable __rpc_execute nfs4_run_exchange_id _nfs41_proc_secinfo_no_name.constprop.0 vfs_get_tree',
      undefined,
      undefined,
    ]);
  });

  test('looks at each thread itself where grep is missing', async () => {
    const root = fake();
    const bin = folder();
    for (const tool of ['id', 'tr', 'sh', 'busybox']) {
      const path = spawnSync('sh', ['-c', `command -v ${tool}`], {
        encoding: 'utf8',
      }).stdout.trim();
      if (path !== '') spawnSync('ln', ['-s', path, `${bin}/${tool}`]);
    }
    // busybox sh finds its own grep without a PATH.
    const out = await runScript(SCAN, { SRE_PROC_ROOT: root, PATH: bin }, shell);
    const scan = valueOf(readWith(SCAN, out));
    expect(scan.tasks.map((t) => t.tid)).toEqual([137, 140, 537, 538, 600]);
    expect(scan.tasks[2]?.ageSeconds).toBe(99.3);
  });

  test('a /proc that cannot be read proves nothing', async () => {
    const out = await runScript(SCAN, { SRE_PROC_ROOT: folder() }, shell);
    expect(whyOf(readWith(SCAN, out)).says).toContain('finding nothing would prove nothing');
  });

  test.skipIf(process.arch !== 'x64' || spawnSync('perl', ['-e', '1']).status !== 0)(
    'finds a real zombie and a real blocked parent',
    async () => {
      // vfork(2) leaves the parent in D until the child goes (REALITY 2a); a child that nobody reaps is a zombie.
      // The numbers are prctl, vfork and exit_group on x86_64.
      const script = `$c = "z) D (\\ny"; if (!fork) { syscall(157, 15, $c, 0, 0, 0); exit 0 } select(undef, undef, undef, 0.2);
      $d = "mount.nfs"; syscall(157, 15, $d, 0, 0, 0); $| = 1; print "ready\\n";
      if (syscall(58) == 0) { sleep 20; syscall(231, 0) }`;
      const child = spawn('perl', ['-e', script], {
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      onTestFinished(() => {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      });
      await once(child.stdout, 'data');
      await expect
        .poll(
          async () => {
            const scan = valueOf(readWith(SCAN, await runScript(SCAN, {}, shell)));
            return scan.tasks
              .filter((t) => t.pid === child.pid || t.ppid === child.pid)
              .map((t) => [t.comm, t.state, t.ageSeconds < 60, t.stack?.includes('kernel_clone')])
              .toSorted(([a = ''], [b = '']) => String(a).localeCompare(String(b)));
          },
          { timeout: 5000 },
        )
        .toEqual([
          ['mount.nfs', 'D', true, STACKS ? true : undefined],
          ['z) D ( y', 'Z', true, undefined],
        ]);
    },
  );
});
