import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { testMount } from '../../../src/tools/nfs/probe.ts';
import type { NfsVersion } from '../../../src/tools/nfs/probe.ts';
import { files, folder, HEAD, thread } from '../node/fake-proc.ts';
import { LAB_03, statLine } from '../node/lab.ts';
import { runScript } from '../node/run-script.ts';
import { standIns, word } from '../node/stand-ins.ts';
import { readWith, valueOf } from '../output.ts';
import { BOOT } from '../site.ts';
import { MATRIX, recorded } from './recorded-mounts.ts';

const NFS = { server: '192.168.1.127', export: '/srv/nfs' };
const STUCK = statLine(LAB_03, '537 (mount.nfs)');

/** A node of the test's own: its tables, its /run, and a mount and umount that do as they are told. */
function node(
  { onTestFinished }: TestContext,
  mount: string,
  more: Readonly<Record<string, string>> = {},
) {
  const proc = files(folder(onTestFinished), { ...HEAD, ...more });
  const run = folder(onTestFinished);
  const log = join(folder(onTestFinished), 'log');
  const programs = {
    mount: `echo "mount $*" >>${word(log)}; options=$4 source=$5 dir=$6; ${mount}`,
    umount: `echo "umount $*" >>${word(log)}
table=$SRE_PROC_ROOT/self/mountinfo; rest=$(grep -v " $5 " "$table"); printf '%s\\n' "$rest" >"$table"`,
  };
  const tools = standIns(programs, onTestFinished);
  const asked = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  const go = async (version: NfsVersion, seconds = 10, shell: readonly [string] = ['sh']) => {
    const command = testMount('n', NFS, version, seconds);
    const env = { SRE_PROC_ROOT: proc, SRE_RUN_ROOT: run, ...tools };
    const out = await runScript(command, env, shell);
    expect(out.stderr).toBe('');
    return { out, it: valueOf(readWith(command, out)) };
  };
  return { proc, run, asked, go };
}

/** Puts a row on the mount table, as the kernel does. */
const appears = (vers: string): string =>
  `echo "50 29 0:61 / $dir ro,nosuid,nodev,noexec,relatime - nfs4 $source ro,${vers},soft,timeo=30,retrans=1,addr=192.168.1.127" >>"$SRE_PROC_ROOT/self/mountinfo"`;

/** The start of a process, field 22 of its stat line (proc(5)). */
const startOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[19] ?? '';

// busybox runs a mount of its own, whatever PATH says: the others do.
describe.concurrent.for([['sh'], ['bash']] as const)('probe.sh in %s', (shell) => {
  test.for([
    ['4.2', 'nfsvers=4.2,soft,timeo=30,retrans=1,retry=0,ro,nosuid,nodev,noexec'],
    ['4.0', 'nfsvers=4.0,soft,timeo=30,retrans=1,retry=0,ro,nosuid,nodev,noexec'],
    ['3', 'nfsvers=3,nolock,soft,timeo=30,retrans=1,retry=0,ro,nosuid,nodev,noexec'],
    ['default', 'soft,timeo=30,retrans=1,retry=0,ro,nosuid,nodev,noexec'],
  ] as const)(
    'version %s: mounts, sees it, and undoes it at once',
    async ([version, options], context) => {
      const there = node(context, appears('vers=4.2'));
      const { it } = await there.go(version, 10, shell);
      expect(it).toMatchObject({ bootId: BOOT, is: 'mounted', version: '4.2', undone: true });
      const [mount = '', umount = ''] = there.asked();
      const dir = / (\/\S+\/sre-nfs\.\w{6})$/.exec(mount)?.[1] ?? '';
      expect(mount).toBe(`mount -t nfs -o ${options} 192.168.1.127:/srv/nfs ${dir}`);
      expect(umount).toBe(`umount -l -i -c -n ${dir}`);
      expect(readdirSync(there.run)).toEqual([]);
    },
  );

  test.for(MATRIX.filter(([, tag]) => ['bh42', 'down3', 'nosuch'].includes(tag)))(
    'recorded: %s %s is %s',
    async ([file, tag, reason], context) => {
      const { version, code, said } = recorded(file, tag);
      const there = node(context, `echo ${word(said.join('\n'))} >&2; exit ${code}`);
      const { it } = await there.go(version, 10, shell);
      expect(it).toMatchObject({ is: 'failed', code: 32, reason, says: said.join('; ') });
      expect(there.asked().length).toBe(1);
      expect(readdirSync(there.run)).toEqual([]);
    },
  );

  test('a mount that hangs is killed with all of its group, and says nothing', async (context) => {
    const there = node(
      context,
      'echo "not flushed"; sleep 40 & echo $! >"$SRE_RUN_ROOT/child"; wait',
    );
    const began = performance.now();
    const { it, out } = await there.go('4.2', 3, shell);
    expect(performance.now() - began).toBeLessThan(9000);
    expect(it).toEqual({ bootId: BOOT, is: 'hung', seconds: expect.any(Number) as number });
    expect(it.is === 'hung' && it.seconds).toBeGreaterThanOrEqual(2.9);
    expect(out.stdout).toContain('undone\tyes');
    const child = readFileSync(join(there.run, 'child'), 'utf8').trim();
    expect(
      existsSync(`/proc/${child}/stat`) &&
        /\) [^Z] /.test(readFileSync(`/proc/${child}/stat`, 'utf8')),
    ).toBe(false);
    expect(readdirSync(there.run)).toEqual(['child']);
  });

  test('a mount that was killed too late is undone', async (context) => {
    const there = node(context, `${appears('vers=4.1')}; sleep 40`);
    const { it } = await there.go('4.1', 3, shell);
    expect(it.is).toBe('hung');
    expect(there.asked().length).toBe(2);
    expect(readdirSync(there.run)).toEqual([]);
  });

  test('a mount.nfs that outlives the kill is named, and its directory stays', async (context) => {
    // Nothing here can be made to: the stand-in writes one into the tables, in its own process group.
    const line = STUCK.replace('537 (mount.nfs) D 1 0', '999 (mount.nfs) D 1 GROUP');
    const there = node(
      context,
      `read -r _ _ _ _ group _ </proc/$$/stat; mkdir "$SRE_PROC_ROOT/999"
echo ${word(line)} | sed "s/GROUP/$group/" >"$SRE_PROC_ROOT/999/stat"; sleep 40`,
    );
    const { it, out } = await there.go('4.2', 3, shell);
    expect(it).toMatchObject({
      is: 'hung',
      left: { pid: 999, startTicks: 9676, comm: 'mount.nfs' },
    });
    expect(out.stdout).toContain('undone\tno');
    expect(readdirSync(there.run)).toEqual([expect.stringMatching(/^sre-nfs\.\w{6}$/)]);
  });

  test('does nothing while a mount.nfs is stuck', async (context) => {
    const there = node(
      context,
      'exit 0',
      thread(537, STUCK, { wchan: 'nfs_wait_client_init_complete' }),
    );
    const { it } = await there.go('4.2', 10, shell);
    expect(it).toEqual({
      bootId: BOOT,
      is: 'busy',
      task: {
        pid: 537,
        startTicks: 9676,
        wchan: 'nfs_wait_client_init_complete',
        comm: 'mount.nfs',
      },
    });
    expect(there.asked()).toEqual([]);
    expect(readdirSync(there.run)).toEqual([]);
  });

  test('a mount that is in D for a moment is none that is stuck', async (context) => {
    const there = node(context, appears('vers=4.2'), {
      ...thread(537, STUCK),
      ...thread(600, STUCK.replace('537 (mount.nfs)', '600 (mount.nfsx)')),
      ...thread(601, STUCK.replace('537 (mount.nfs) D', '601 (mount.nfs) S')),
    });
    const tried = there.go('4.2', 10, shell);
    await sleep(500);
    rmSync(join(there.proc, '537'), { recursive: true });
    expect((await tried).it.is).toBe('mounted');
  });

  test('one at a time: a lock whose owner lives is honoured, one of the dead is not', async (context) => {
    const there = node(context, appears('vers=4.2'));
    const lock = join(there.run, 'sre-nfs.lock');
    files(lock, { owner: `${process.pid} ${startOf(process.pid)}\n` });
    expect((await there.go('4.2', 10, shell)).it).toEqual({ bootId: BOOT, is: 'locked' });
    expect(existsSync(lock)).toBe(true);
    expect(there.asked()).toEqual([]);
    files(lock, { owner: `${process.pid} 1\n`, said: '' });
    expect((await there.go('4.2', 10, shell)).it.is).toBe('mounted');
    mkdirSync(lock);
    expect((await there.go('4.2', 10, shell)).it.is).toBe('mounted');
    expect(readdirSync(there.run)).toEqual([]);
  });

  test.for([
    ['-v', '/srv/nfs', '4.2', '15'],
    ['192.168.1.127', 'srv', '4.2', '15'],
    ['192.168.1.127', '/srv nfs', '4.2', '15'],
    ['192.168.1.127', '/srv/nfs', '4.3', '15'],
    ['192.168.1.127', '/srv/nfs', '', '15'],
    ['192.168.1.127', '/srv/nfs', '4.2', '0'],
    ['192.168.1.127', '/srv/nfs', '4.2', 'x'],
    ['192.168.1.127', '/srv/nfs', '4.2'],
  ])('refuses %j', async (args) => {
    const out = await runScript({ run: { kind: 'script', script: 'nfs/probe', args } }, {}, shell);
    expect([out.stdout, out.ending]).toEqual(['', { how: 'exited', code: 64 }]);
  });
});

test('an address of version 6 stands in brackets; the far deadline outlasts the kill', async () => {
  const command = testMount('n', { server: 'fd00::1', export: '/x' }, '4.2', 20);
  expect(command.deadlineMs).toBe(35_000);
  const log = join(folder(), 'log');
  const env = standIns({ mount: `echo "$5" >${word(log)}; exit 32`, umount: 'exit 0' });
  const roots = { SRE_PROC_ROOT: files(folder(), HEAD), SRE_RUN_ROOT: folder() };
  await runScript(command, { ...roots, ...env });
  expect(readFileSync(log, 'utf8')).toBe('[fd00::1]:/x\n');
});
