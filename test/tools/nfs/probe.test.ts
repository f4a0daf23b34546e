import * as fc from 'fast-check';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { testMount } from '../../../src/tools/nfs/probe.ts';
import type { MountRefusal, NfsVersion } from '../../../src/tools/nfs/probe.ts';
import { counterexample } from '../counterexample.ts';
import { files, folder, HEAD, thread } from '../node/fake-proc.ts';
import { lab, LAB_03, statLine } from '../node/lab.ts';
import { runScript } from '../node/run-script.ts';
import { standIns, word } from '../node/stand-ins.ts';
import { exited, readWith, records, valueOf, whyOf } from '../output.ts';
import { BOOT } from '../site.ts';

const NFS = { server: '192.168.1.127', export: '/srv/nfs' };
const STUCK = statLine(LAB_03, '537 (mount.nfs)');
const LAB_00 = 'nfs/lab-00-nfs-error-messages-uml-6.1.176.txt';
const LAB_05 = 'nfs/lab-05-nfs-server-down-matrix.txt';
const LAB_11 = 'nfs/lab-11-nfs-server-hung-with-existing-42.txt';

const head = [
  ['boot', BOOT],
  ['uid', 0],
] as const;

interface Recorded {
  readonly version: NfsVersion;
  readonly code: number;
  readonly seconds: string;
  /** What mount.nfs says without -v, which the lab had on. */
  readonly said: readonly string[];
}

const VERBOSE = / mount\(2\): |timeout set for|trying |prog \d+, trying|portmap query /;

/** A test mount of lab 00 or 05, by its tag: `[e42] opts=nfsvers=4.2,… rc=32 elapsed=6.48`. */
function recorded(file: string, tag: string): Recorded {
  const lines = lab(file).split('\n');
  const end = lines.findIndex((line) => line.startsWith(`[${tag}] opts=`));
  const it = /opts=nfsvers=([\d.]+),\S* rc=(\d+) elapsed=([\d.]+)/.exec(lines[end] ?? '');
  if (it === null) throw new Error(`no test mount ${tag} in ${file}`);
  const before = lines.slice(0, end).toReversed();
  const from = before.findIndex((line) => !line.startsWith('   mount.nfs: '));
  const said = before
    .slice(0, from)
    .toReversed()
    .map((line) => line.trim());
  const [, version = '', code = '', seconds = ''] = it;
  return {
    version: version as NfsVersion,
    code: Number(code),
    seconds: Number(seconds).toFixed(2),
    said: said.filter((line) => !VERBOSE.test(line)),
  };
}

const MATRIX: readonly (readonly [string, string, MountRefusal])[] = [
  [LAB_05, 'bh42', 'timed-out'],
  [LAB_05, 'ac42', 'no-reply'],
  [LAB_05, 'ac41', 'no-reply'],
  [LAB_05, 'ac40', 'no-reply'],
  [LAB_05, 'ac3', 'other'],
  [LAB_05, 'de42', 'not-exported'],
  [LAB_05, 'de3', 'not-exported'],
  [LAB_00, 'nosuch', 'no-entry'],
  [LAB_00, 'nosuch3', 'not-exported'],
  [LAB_00, 'down42', 'refused'],
  [LAB_00, 'down3', 'other'],
  [LAB_00, 'no42', 'protocol'],
];

const read = (version: NfsVersion, ...lines: readonly (readonly (string | number)[])[]) =>
  readWith(testMount('n', NFS, version), exited(records(...head, ...lines)));

describe('reading', () => {
  test.for(MATRIX)('recorded: %s %s is %s', ([file, tag, reason]) => {
    const it = recorded(file, tag);
    expect(it.said.length).toBe(1);
    const lines = it.said.map((line) => ['said', line]);
    const tried = ['try', it.version, it.code, it.seconds] as const;
    expect(valueOf(read(it.version, tried, ...lines, ['undone', 'yes']))).toEqual({
      bootId: BOOT,
      is: 'failed',
      seconds: Number(it.seconds),
      code: 32,
      reason,
      says: it.said.join('; '),
    });
  });

  test('recorded: with a mount of version 4.2 there, other words for a server that is stopped', () => {
    // Lab 11: nfsd stopped; 4.2 finds its client of before, 4.1 begins anew, and version 3 misleads.
    const stopped = lab(LAB_11).split('## nfsd stopped')[1] ?? '';
    const tries = [
      ...stopped.matchAll(/^(mount\.nfs: .*)\nprobe nfsvers=([\d.]+)\S* rc=32 ([\d.]+)$/gm),
    ];
    const reasons = tries.map(([, said = '', version = '', seconds = '']) => {
      const it = valueOf(
        read(
          version as NfsVersion,
          ['try', version, 32, Number(seconds).toFixed(2)],
          ['said', said],
          ['undone', 'yes'],
        ),
      );
      return [version, it.is === 'failed' ? it.reason : it.is];
    });
    expect(reasons).toEqual([
      ['4.2', 'no-reply'],
      ['4.1', 'refused'],
      ['3', 'other'],
    ]);
  });

  test('words that mean a version only where one was asked for', () => {
    const said = 'mount.nfs: requested NFS version or transport protocol is not supported';
    const reason = (version: NfsVersion) => {
      const it = valueOf(read(version, ['try', version, 32, 1], ['said', said], ['undone', 'yes']));
      return it.is === 'failed' ? it.reason : it.is;
    };
    expect([reason('4.2'), reason('3'), reason('default')]).toEqual(['protocol', 'other', 'other']);
  });

  test('mounted; hung with a survivor and without; busy; locked', () => {
    expect(
      valueOf(read('default', ['try', 'default', 0, '0.25'], ['vers', '4.2'], ['undone', 'yes'])),
    ).toEqual({ bootId: BOOT, is: 'mounted', seconds: 0.25, version: '4.2', undone: true });
    expect(valueOf(read('4.2', ['try', '4.2', 137, '15.20'], ['undone', 'yes']))).toEqual({
      bootId: BOOT,
      is: 'hung',
      seconds: 15.2,
    });
    expect(
      valueOf(
        read('4.2', ['try', '4.2', 137, 15], ['left', 502, 99, 'D', 'mount.nfs'], ['undone', 'no']),
      ),
    ).toEqual({
      bootId: BOOT,
      is: 'hung',
      seconds: 15,
      left: { pid: 502, startTicks: 99, comm: 'mount.nfs' },
    });
    expect(valueOf(read('4.2', ['busy', 537, 9676, 'rpc_wait_bit_killable', 'mount.nfs']))).toEqual(
      {
        bootId: BOOT,
        is: 'busy',
        task: { pid: 537, startTicks: 9676, wchan: 'rpc_wait_bit_killable', comm: 'mount.nfs' },
      },
    );
    expect(valueOf(read('4.2', ['locked']))).toEqual({ bootId: BOOT, is: 'locked' });
  });

  test.for([
    [
      'another version',
      [
        ['try', '4.1', 0, 1],
        ['vers', '4.2'],
        ['undone', 'yes'],
      ],
    ],
    [
      'a mount that no table shows',
      [
        ['try', '4.2', 0, 1],
        ['undone', 'yes'],
      ],
    ],
    [
      'no word of whether it is undone',
      [
        ['try', '4.2', 0, 1],
        ['vers', '4.2'],
      ],
    ],
    ['no exit code', [['try', '4.2', 'x', 1]]],
    [
      'a survivor without a state',
      [
        ['try', '4.2', 137, 1],
        ['left', 5, 6, 'mount.nfs'],
      ],
    ],
    ['a stuck mount without a start', [['busy', 5, 'x', 'y', 'z']]],
    ['nothing', []],
  ] as const)('%s is not understood', ([, lines]) => {
    expect(whyOf(read('4.2', ...lines)).why).toBe('unparsable');
  });

  test('what is cut off is never a result, and nothing is mounted that was not seen', () => {
    const text = records(...head, ['try', '4.2', 0, '0.25'], ['vers', '4.2'], ['undone', 'yes']);
    for (let end = 0; end < text.length - 1; end += 1) {
      expect(readWith(testMount('n', NFS, '4.2'), exited(text.slice(0, end))).ok).toBe(false);
    }
    const line = fc.tuple(
      fc.constantFrom('try', 'said', 'vers', 'left', 'undone'),
      fc.array(fc.constantFrom('4.2', '0', '32', '137', '1.5', 'yes', 'no', 'D', '-', 'x'), {
        maxLength: 4,
      }),
    );
    const property = fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const reading = read('4.2', ...lines.map(([kind, fields]) => [kind, ...fields]));
      if (!reading.ok) return true;
      const it = reading.value;
      const first = lines.find(([kind]) => kind === 'try')?.[1] ?? [];
      const code = { mounted: '0', hung: '137', failed: '32', busy: '', locked: '' }[it.is];
      return first[0] === '4.2' && (first[1] === code || it.is === 'failed');
    });
    expect(counterexample(property, 500)).toBeUndefined();
  });
});

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
    const { it, out } = await there.go('4.2', 1, shell);
    expect(performance.now() - began).toBeLessThan(9000);
    expect(it).toEqual({ bootId: BOOT, is: 'hung', seconds: expect.any(Number) as number });
    expect(it.is === 'hung' && it.seconds).toBeGreaterThanOrEqual(0.9);
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
    const { it } = await there.go('4.1', 1, shell);
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
    const { it, out } = await there.go('4.2', 1, shell);
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
